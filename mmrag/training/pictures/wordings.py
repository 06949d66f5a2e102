"""How captions name kinds, groups, colours, counts and traits, in English and Korean, apart for each split.

Each row gives wordings for training, then for the held-out split; the two share no wording of a kind or of a trait.
"""

# ruff: noqa: E501 - a row of a table stays one line

from __future__ import annotations

from typing import NamedTuple

__all__ = ["COLOURS", "COUNTS", "GROUPS", "NOUNS", "NUMBERS", "TRAITS", "Wording"]


class Wording(NamedTuple):
    """Ways to say one thing in one language: for training and for the held-out split."""

    train: tuple[str, ...]
    held_out: tuple[str, ...]

    def of(self, split: str) -> tuple[str, ...]:
        """The ways that `split` may use."""
        return self.held_out if split == "held-out" else self.train


def _table(lines: str) -> dict[str, dict[str, Wording]]:
    """Rows of `key | English, train | English, held-out | Korean, train | Korean, held-out`."""
    found = {}
    for line in lines.strip().splitlines():
        key, *cells = (cell.strip() for cell in line.split("|"))
        ways = [tuple(way.strip() for way in cell.split(";")) for cell in cells]
        found[key] = {"en": Wording(ways[0], ways[1]), "ko": Wording(ways[2], ways[3])}
    return found


NOUNS = _table("""
bar chart | bar chart; vertical bar chart; column chart; bar graph; chart of upright bars; graph with standing columns | chart with vertical bars; graph of upright columns | 막대 그래프; 세로 막대 그래프; 막대 차트; 선 막대로 된 도표; 세로로 그린 막대 | 세로로 선 막대 도표
horizontal bar chart | horizontal bar chart; bar chart with horizontal bars; sideways bar graph; chart of flat lying bars; graph whose bars lie | chart whose bars lie flat | 가로 막대 그래프; 가로 막대 차트; 누운 막대로 된 도표; 막대가 옆으로 누운 그래프 | 옆으로 누운 막대 도표
grouped bar chart | grouped bar chart; clustered bar chart; bar chart with several series; chart of bars in groups; bars placed side by side | chart with bars side by side in groups | 묶은 막대 그래프; 그룹 막대 차트; 나란히 묶인 막대; 막대가 묶인 도표 | 막대가 나란히 묶인 도표
stacked bar chart | stacked bar chart; stacked column chart; bar chart with stacked layers; bars of piled layers; chart with layers in each bar | chart with layers piled into bars | 누적 막대 그래프; 누적 막대 차트; 층을 쌓은 막대 도표; 쌓은 막대 | 층층이 쌓은 막대 도표
histogram | histogram; distribution histogram; frequency chart; distribution drawn with bars that touch; chart with touching bars | chart of a distribution with touching bars | 히스토그램; 도수 분포 그래프; 분포를 그린 도표; 맞닿은 막대 | 맞닿은 막대로 그린 분포 도표
box plot | box plot; box and whisker plot; boxplot; chart with whiskers; boxes that have whiskers | chart of boxes with whiskers | 상자 그림; 박스 플롯; 수염 상자 도표; 상자가 있는 도표 | 수염이 달린 상자 도표
line chart | line chart; line graph; line plot; chart with a line; graph drawn as lines | graph with a drawn line; chart made of lines | 선 그래프; 꺾은선 그래프; 선 차트; 선 도표; 선을 그린 그래프 | 선으로 그린 도표
area chart | area chart; filled line chart; area graph; chart filled under the line; graph with a filled area | chart with the area under the line filled | 영역 그래프; 면적 차트; 아래를 채운 선 그래프; 채운 영역 도표 | 선 아래를 채운 도표
scatter plot | scatter plot; scatter chart; dot plot; chart made of points; many scattered dots | chart of scattered points | 산점도; 분산형 차트; 점 도표; 흩어 찍은 점 | 점을 흩어 찍은 도표
pie chart | pie chart; pie graph; circle chart with slices; round chart; circle cut into parts; chart of slices | round chart cut into slices | 원 그래프; 파이 차트; 둥근 도표; 조각으로 나눈 원 | 조각으로 나눈 둥근 도표
donut chart | donut chart; doughnut chart; ring chart; ring with a hole; round chart with an empty middle | pie chart with a hole in the middle | 도넛 차트; 고리 그래프; 가운데가 빈 도표; 구멍 난 원 | 가운데가 빈 원 도표
heat map | heat map; heatmap; colour matrix; grid of cells in deep and pale colour; chart of cells | grid chart with cells of different depth | 히트맵; 열지도; 칸으로 된 도표; 짙고 옅은 칸 | 칸의 짙기로 나타낸 도표
ruled table | table with lines; ruled table; table; grid table; table with framed cells; table whose cells have borders | table whose cells are framed | 선이 있는 표; 괘선 표; 표; 칸에 테두리가 있는 표; 테두리 있는 표 | 칸마다 테두리가 있는 표
unruled table | table without lines; unruled table; table; plain table of figures; table with no lines; cells with no borders | table with no cell borders | 선이 없는 표; 괘선 없는 표; 표; 테두리가 없는 표; 칸이 없는 표 | 칸 테두리가 없는 표
financial statement | financial statement; financial table; table of accounts; table that lists amounts for each year; accounts by year | accounts table with amounts by year | 재무제표; 재무 표; 금액을 적은 표; 연도별 회계 | 연도별 금액을 적은 회계 표
flow chart | flow chart; flowchart; process flow diagram; steps joined by arrows; diagram of steps | diagram of steps joined by arrows | 순서도; 흐름도; 화살표로 이은 단계; 단계를 그린 그림 | 단계를 화살표로 이은 그림
tree diagram | tree diagram; hierarchy diagram; organisation chart; diagram with branches; a root with branches | diagram with a root and branches | 트리 다이어그램; 계층도; 조직도; 가지로 나뉜 그림; 뿌리와 가지 | 뿌리에서 가지로 나뉘는 그림
network diagram | network diagram; graph of nodes and links; network graph; diagram of dots and lines; linked points | diagram of linked dots | 네트워크 그림; 연결망 도표; 선으로 이은 점; 점을 이은 그림 | 점을 선으로 이은 그림
architecture diagram | architecture diagram; system diagram; block diagram; parts of a system; diagram of a system and its parts | diagram showing the parts of a system | 아키텍처 다이어그램; 시스템 구성도; 시스템의 부분; 시스템을 그린 그림 | 시스템의 부분을 보이는 그림
timeline | timeline; time line of events; chronology; events along a line; diagram with events by year | diagram of events along a line | 연표; 타임라인; 선을 따라 놓은 사건; 사건을 놓은 도표 | 선을 따라 사건을 놓은 그림
cycle diagram | cycle diagram; circular process diagram; cycle; steps that go round; ring of steps | diagram of steps in a ring | 순환도; 순환 다이어그램; 고리로 이은 단계; 도는 그림 | 단계가 고리로 도는 그림
Venn diagram | Venn diagram; diagram of overlapping circles; circles that overlap; overlapping discs | diagram with circles that overlap | 벤 다이어그램; 겹친 원 그림; 서로 겹치는 원; 원이 겹친 도표 | 원이 서로 겹치는 그림
geometry drawing | geometry drawing; construction of points and lines; line drawing with named points; sketch of lines and circles; geometric diagram | drawing of points joined by thin lines | 기하 그림; 점과 선의 작도; 점에 이름을 붙인 그림; 선과 원을 그린 그림 | 점을 가는 선으로 이은 작도
map | map; map of regions; coloured map; plan with areas; areas filled with different colours | plan of areas in different colours | 지도; 지역 지도; 색으로 나눈 구역; 구역 그림 | 구역을 색으로 나눈 그림
equation | equation; mathematical formula; formula; mathematics; terms of mathematics in a line | line of mathematics | 수식; 수학 공식; 방정식; 수학 식; 식 한 줄 | 수학 식 한 줄
code listing | code listing; source code; program code; text of a program; piece of code | piece of program text | 코드; 소스 코드; 프로그램 코드; 프로그램 글; 코드 조각 | 프로그램 글 조각
terminal | terminal window; terminal screenshot; command line; shell with commands; screen with a shell | screen of shell commands | 터미널 화면; 명령줄 화면; 명령어 화면; 명령어를 친 창 | 명령어를 친 화면
form | form; form to fill in; application form; paper with fields; entries to complete | paper with fields to complete | 양식; 신청서; 서식; 빈칸이 있는 서류; 채우는 종이 | 빈칸을 채우는 서류
record sheet | record with fields and values; sheet of data fields; report form; facts listed by field; filled-in record | record listing the values of fields | 기록지; 항목과 값을 적은 기록; 기재 사항 표지; 보고 양식; 항목별 기록 | 항목의 값을 늘어놓은 기록
invoice | invoice; bill; invoice with items; paper that lists goods and amounts; bill for goods | paper that bills for goods | 송장; 거래명세서; 청구서; 물품 값을 적은 서류; 값을 청구하는 종이 | 물품 값을 청구하는 서류
receipt | receipt; till receipt; shop receipt; slip of paper; paper from a till in a shop | paper slip from a shop | 영수증; 매장 영수증; 가게 종이; 가게에서 준 영수증 | 가게에서 받은 종이
business card | business card; visiting card; name card; small card; card of a person with a name | small card with a name | 명함; 작은 카드; 이름 카드 | 이름이 적힌 작은 카드
letter | letter; business letter; formal letter; page to a person; written page with a greeting | page written to a person | 편지; 공문; 업무 서한; 사람에게 쓴 편지; 쓴 글 | 사람에게 쓴 글
slide | slide; presentation slide; slide with bullets; page of a talk; presentation with points | page of a presentation | 슬라이드; 발표 자료; 발표 화면; 발표 한 장 | 발표 화면 한 장
title page | title page; cover page; cover of a report; first page; page with a large title | first page with a title | 표지; 제목 페이지; 보고서 표지; 첫 장; 제목이 있는 면 | 제목이 있는 첫 장
table of contents | table of contents; contents page; list of chapters; page of headings and numbers; page that lists headings | page with headings and page numbers | 목차; 차례; 제목과 쪽수; 제목을 늘어놓은 목록 | 제목과 쪽수를 늘어놓은 면
two-column paper | two-column paper; page of a research paper; scientific article in two columns; article in columns; page with two columns of text | article page with text in two columns | 2단 논문; 논문 페이지; 학술 논문; 두 단 글; 두 단으로 된 면 | 두 단으로 짠 글
text page | page of text; text page; document page; full page of text; page with running text | page full of running text | 글 페이지; 본문 페이지; 문서 페이지; 글로 찬 페이지; 본문이 가득 찬 면 | 글로 가득 찬 면
page with a figure | page with {x}; document page with {x}; page of text and {x}; page where {x} stands in the text; {x} on a page of text | text on a page around {x} | {x} 있는 페이지; {x} 포함 문서 페이지; 글과 {x} 있는 면; {x} 실린 페이지 | {x} 실린 면
paragraph | paragraph of text; block of text; text passage; few lines; running text; lines of text | few lines of running text | 문단; 글 덩어리; 본문 문단; 글 몇 줄 문단; 이어진 글 | 글 몇 줄
snippet | heading; few words; label; title by itself; short piece of text | few words by themselves | 제목; 몇 마디; 이름표; 짧은 글 | 따로 적힌 몇 마디
reference list | list of references; bibliography; numbered notes; references in small letters; list of sources | entries of sources with numbers | 참고 문헌; 문헌 목록; 번호를 붙인 주석; 출처 목록 | 번호를 붙인 출처들
list | list; bulleted or numbered list; list of points; points below one another; lines that begin with a point | lines of points one below another | 목록; 항목 목록; 줄마다 적은 항목; 항목을 적은 목록 | 항목을 줄마다 적은 글
window screenshot | screenshot of a program window; application window; desktop program; screen of a program; program with a bar at the side | screen of a program with a side bar | 프로그램 창 화면; 응용 프로그램 창; 프로그램 화면; 옆 막대 창 | 옆 막대가 있는 프로그램 화면
web page screenshot | screenshot of a web page; web page; website; site in a browser; screen with a web site | screen of a site in a browser | 웹 페이지 화면; 웹사이트; 브라우저 화면; 사이트를 띄운 화면 | 브라우저에 뜬 사이트 화면
dialog screenshot | screenshot of a dialog box; dialog window; pop-up window; box that asks a question; screen with a small box | screen with a box that asks | 대화 상자 화면; 팝업 창; 묻는 상자; 상자가 있는 화면 | 묻는 상자가 뜬 화면
phone screenshot | phone screenshot; mobile app screen; smartphone screen; screen of a phone; program on a phone | screen of a phone program | 휴대폰 화면; 모바일 앱 화면; 전화기 화면; 전화기 앱 | 전화기 앱을 찍은 화면
dashboard screenshot | dashboard; screenshot of a dashboard; monitoring dashboard; screen of tiles with numbers; small charts and number tiles | screen with number tiles and small charts | 대시보드; 대시보드 화면; 숫자 칸 화면; 작은 차트 여럿 | 숫자 칸과 작은 차트가 있는 화면
drawn scene | drawing of a scene; simple drawing; cartoon landscape; scene of simple shapes; drawn view with few shapes | scene drawn with simple shapes | 그림; 간단한 풍경 그림; 단순한 장면; 모양으로 그린 그림 | 단순한 모양으로 그린 장면
geometric shapes | geometric shapes; drawing of shapes; simple shapes; plain figures; figures of geometry | figures of plain geometry | 도형; 기하 도형; 평면 모양; 도형을 그린 그림 | 평면 도형을 그린 것
drawn face | drawing of a face; cartoon portrait; simple portrait; drawn face; face of few lines and strokes | face drawn with few strokes | 얼굴 그림; 초상 그림; 그린 얼굴; 몇 획의 얼굴 | 몇 획으로 그린 얼굴
photo | photo; photograph; real photograph; picture from a camera; taken with a camera | picture taken with a camera | 사진; 실제 사진; 카메라 사진; 찍은 사진 | 카메라로 찍은 것
landscape photo | landscape photo; photo of nature; photograph of a landscape; view of nature; nature taken by a camera | view of nature taken with a camera | 풍경 사진; 자연 사진; 자연을 찍은 사진; 카메라로 찍은 풍경 | 카메라로 찍은 자연
""")

GROUPS = _table("""
bar chart | bar chart; chart with bars | bar graph of data | 막대 그래프 | 막대로 된 차트
line chart | line chart; chart with lines | line graph of data | 선 그래프 | 선으로 된 차트
pie chart | pie chart; circular chart | pie graph of data | 원 그래프 | 원으로 된 차트
chart | chart; plot; graph | chart of data | 차트; 그래프 | 자료 차트
table | table; data table | table of rows and columns | 표; 데이터 표 | 행과 열의 표
diagram | diagram; schematic diagram | diagram of a schema | 다이어그램; 도식 | 도식화한 그림
photo | photo; photograph | photo from a camera | 사진 | 카메라 사진
text | text; printed text | text on a page | 글; 인쇄된 글 | 면에 적힌 글
form | form; business document | form on paper for business | 서류; 업무 문서 | 업무 서류
page | page; document page | page of a document | 페이지; 문서 페이지 | 문서의 한 면
slide | slide | slide of a talk | 슬라이드 | 발표 슬라이드
code | code | code of a program | 코드 | 프로그램의 코드
equation | equation; mathematics | equation of mathematics | 수식; 수학 | 수학 수식
screenshot | screenshot; user interface | screenshot of a screen | 스크린샷; 사용자 인터페이스 | 화면 스크린샷
drawing | drawing; illustration | drawing by hand or machine | 그림; 일러스트 | 그려진 그림
""")

TRAITS = _table("""
dark | a dark background; a dark ground; light words on dark | a ground that is dark | 어두운 배경; 어두운 바탕 | 바탕이 어두움
shades | tones of one colour; one single colour, pale to deep | a single colour in tones | 한 색의 농담; 단색 | 단색의 짙고 옅음
no-title | no title; nothing above the drawing | nothing written above | 제목 없음; 위에 글 없음 | 위에 아무 글도 없음
legend-right | a legend on the right; the legend at the side, right | the legend at the right side | 오른쪽 범례; 오른편 범례 | 범례가 오른편에 있음
legend-bottom | a legend at the bottom; the legend below the drawing | the legend below | 아래쪽 범례; 아래에 범례 | 범례가 아래에 있음
legend-top | a legend at the top; the legend above the drawing | the legend above | 위쪽 범례; 위에 범례 | 범례가 위에 있음
grid | grid lines; lines behind | lines of a grid behind | 격자선; 뒤의 격자 | 뒤에 격자 줄
values | values written on it; numbers at each part | numbers written at each | 값 표시; 숫자 적힘 | 숫자가 적혀 있음
rising | a rising trend; values going up | values that go up | 증가하는 추세; 올라가는 값 | 값이 올라감
falling | a falling trend; values going down | values that go down | 감소하는 추세; 내려가는 값 | 값이 내려감
peak | a peak in the middle; highest near the middle | the highest in the middle | 가운데가 높음; 중간이 꼭대기 | 중간에 꼭대기
valley | a dip in the middle; lowest near the middle | the lowest in the middle | 가운데가 낮음; 중간이 골짜기 | 중간에 골짜기
wavy | a wavy course; values up and down | values that go up and down | 물결 모양; 오르내림 | 오르내리는 값
sorted | bars sorted by length; the longest first | the longest bar first | 길이순 정렬; 긴 것부터 | 긴 막대부터
full | all bars of equal length; every bar reaches 100 percent | bars that all reach 100 percent | 길이가 같은 막대; 모두 100퍼센트까지 | 모두 100퍼센트
lying | horizontal bars; lying bars | bars that lie | 가로 방향; 막대가 누움 | 누운 막대
standing | vertical bars; standing bars | bars that stand | 세로 방향; 막대가 섬 | 선 막대
bell | a bell shape; a form like a bell | the form of a bell | 종 모양; 종처럼 생긴 모양 | 종처럼 생김
skewed | a long tail to the right; a tail at the right | a tail on the right side | 오른쪽 긴 꼬리; 꼬리가 오른편 | 꼬리가 오른편에 있음
two-humps | two humps; a double hump with two peaks | a double hump | 봉우리 두 개; 쌍봉 모양 | 쌍봉
markers | round markers; dots on each line | dots on the lines | 둥근 표식; 점이 찍힌 선 | 선 위의 점
dashes | dashed lines; broken lines | lines that are broken | 점선; 끊어진 줄 | 끊어진 선
fitted | a fitted line; a straight line over the points | a straight line through the points | 추세선; 직선 | 점을 지나는 직선
cloud | no clear pattern; points without order | values without order | 뚜렷한 경향 없음; 질서 없음 | 질서 없는 값
clusters | clusters; points together in groups | groups that keep together | 군집; 무리 | 모여 있는 무리
percent | percentages; percent numbers | numbers in percent | 백분율 표시; 퍼센트 | 퍼센트 숫자
diagonal | a strong diagonal; deep cells along the diagonal | deep colour on the diagonal | 진한 대각선; 짙은 대각선 | 대각선이 짙음
coloured-head | a coloured header row; colour in the first row | the first row filled with colour | 색칠한 머리글 행; 첫 행에 색 | 첫 행에 색을 채움
striped | striped rows; every second row filled | every other row filled | 줄무늬 행; 한 줄씩 채움 | 한 줄 걸러 채움
three-rules | three rules; lines across the table | three lines across | 가로줄 세 개; 가로로 그은 줄 | 가로로 그은 세 줄
leaders | dotted leaders; dots between words and numbers | dots that lead to the numbers | 점선 안내; 숫자로 이어진 점 | 숫자로 이어지는 점
no-leaders | no dotted leaders; nothing between words and number | nothing between heading and number | 점선 없음; 사이가 빔 | 제목과 숫자 사이가 빔
downwards | arrows going down; from top to bottom | the way runs from top to bottom | 아래로 향함; 위에서 아래로 | 위에서 아래로 흐름
rightwards | arrows going right; from left to right | the way runs from left to right | 오른쪽으로 향함; 왼쪽에서 오른쪽으로 | 왼쪽에서 오른쪽으로 흐름
decisions | decision diamonds; diamonds | diamonds where the way parts | 마름모 판단; 마름모 | 갈라지는 마름모
round-nodes | oval nodes; nodes with an oval form | nodes that are oval | 타원 마디; 둥근 타원 | 둥근 마디
box-nodes | box nodes; nodes like boxes | nodes that are boxes | 상자 마디; 네모 마디 | 네모난 마디
ring | nodes in a ring; dots placed around | dots around a ring | 고리 모양 배치; 둥글게 놓임 | 둥글게 놓인 점
star | a star layout; lines to the centre | all dots joined to the centre | 별 모양 배치; 가운데로 모임 | 가운데로 모인 선
layers | layers from left to right; dots in columns | columns of dots in layers | 층 구조; 점의 줄 | 줄지은 점의 층
arrows | arrows; lines with heads | lines that have heads | 화살표; 뾰족한 끝 | 끝이 뾰족한 선
dashed-frames | dashed frames; broken frames | frames of broken lines | 점선 테두리; 끊어진 테두리 | 끊어진 선의 테두리
sea | sea around it; water around | water on all sides | 둘레의 바다; 물 | 물로 둘러싸임
fraction | a fraction; a term over a term | one term over another | 분수; 분모, 분자 | 분모와 분자
sum | a sum sign; a sigma | a sigma of terms | 합 기호; 시그마 기호 | 시그마
integral | an integral sign; integrated terms | terms to be integrated | 적분 기호; 적분 | 적분할 항
root | a square root; a root | a root sign | 제곱근; 근호 기호 | 근호
product | a product sign; a capital pi | a capital pi of terms | 곱 기호; 파이 기호 | 대문자 파이
numbered | numbers; a number beside each | numbers beside it | 번호; 옆의 번호 | 옆에 숫자
bullets | bullets; dots before each | dots before the lines | 글머리 기호; 앞의 점 | 줄 앞의 점
numbered-lines | line numbers; each line has a number | a number before each line | 줄 번호; 줄마다 번호 | 줄마다 숫자
python | Python code; code without braces | code of Python | 파이썬 코드; 중괄호 없는 코드 | 파이썬 글
braces | code with braces; braces | lines of code in braces | 중괄호 코드; 중괄호 | 중괄호 줄
highlighted | syntax highlighting; code in different colours | words of code in colours | 구문 강조; 색을 입힌 글 | 색을 입힌 코드
large-letters | large letters; letters large in size | letters of large size | 큰 글자; 크게 쓴 글자 | 글자가 큼
small-letters | small letters; letters small in size | letters of small size | 작은 글자; 작게 쓴 글자 | 글자가 작음
justified | justified lines; lines of equal length | lines that all reach the right side | 양쪽 맞춤; 길이가 같은 줄 | 줄이 모두 오른편까지 참
ragged | a ragged right edge; lines of different length, uneven | lines of uneven length | 오른쪽 들쭉날쭉; 길이가 다름 | 길이가 다른 줄
heading | a heading; bold heading above | bold words above | 소제목; 굵은 제목 | 위의 굵은 글
title-block | a title and authors at the top; the title above both columns | the title over both columns | 위쪽 제목과 저자; 위의 제목 | 두 단 위의 제목
figure | a figure; a picture between the text | a picture among the text | 삽화; 사이의 그림 | 글 사이의 그림
plain-cover | no decoration; words only | only words | 장식 없음; 글만 | 글만 있음
band | a coloured band; a strip in colour | a strip of colour | 색 띠; 칠한 띠 | 띠처럼 칠한 색
filled-cover | a fully coloured background; a page full of colour | colour all over the page | 전체 색 배경; 온 면에 색 | 온 면을 칠함
title-bar | a coloured title bar; a bar at the top in colour | the top bar in colour | 색 제목 막대; 위의 색 막대 | 윗막대에 색
small-bars | a small bar chart; little bars | little bars beside | 작은 막대 그래프; 작은 막대 | 옆의 작은 막대
small-pie | a small pie chart; a little pie | a little pie beside | 작은 원 그래프; 작은 원 | 옆의 작은 원
block | a coloured block; a filled box | a filled box beside | 색 상자; 채운 상자 | 옆의 채운 상자
field-boxes | boxes to fill in; empty boxes for each entry | an empty box at each entry | 입력 상자; 빈 상자 | 항목마다 빈 상자
field-lines | lines to write on; lines for each entry | a line at each entry | 밑줄 칸; 항목마다 줄 | 항목마다 밑줄
field-grid | a grid of fields; entries in a framed grid | entries framed like a table | 격자 칸; 표 같은 칸 | 표처럼 짠 항목
filled-in | handwriting-blue entries; entries written in blue | entries already written in blue | 파란 글씨로 작성됨; 푸르게 적음 | 이미 푸르게 적은 항목
empty | empty fields; nothing written yet | entries not yet written | 빈칸; 아직 빈칸 | 아직 적지 않은 항목
tick-boxes | tick boxes; small boxes to mark | small boxes to tick | 체크 상자; 작은 상자 | 표시할 작은 상자
barcode | a barcode; black stripes | upright black stripes | 바코드; 검은 줄무늬 | 검은 세로줄 무늬
side-block | a coloured block at the side; the side filled with colour | the right side filled | 옆면 색 상자; 옆을 채움 | 오른편을 채움
round-mark | a round logo; a disc | a disc as a sign | 둥근 로고; 원 표시 | 원 모양 표시
side-bar-left | a side bar on the left; a menu on the left | the menu at the left side | 왼쪽 사이드바; 왼편 차림표 | 차림표가 왼편에 있음
side-bar-right | a side bar on the right; a menu on the right | the menu at the right side | 오른쪽 사이드바; 오른편 차림표 | 차림표가 오른편에 있음
warning | a warning sign; a mark of exclamation | an exclamation mark | 경고 표시; 느낌표 표시 | 느낌표
chat | chat bubbles; messages | messages in bubbles | 말풍선; 대화 | 풍선 속 대화
rows-list | a list of rows; rows with small discs | rows with round pictures | 줄 목록; 원이 있는 줄 | 둥근 그림이 있는 줄
mountains | mountains; mountain peaks | peaks behind | 산; 봉우리 | 뒤의 봉우리
night | night; dark sky | a sky that is dark | 밤; 어두운 하늘 | 하늘이 어두움
day | the sun; sun and sky | a sun in the sky | 해; 태양 | 하늘의 태양
round-trees | round trees; trees with round heads | trees with round crowns | 둥근 나무; 머리가 둥근 나무들 | 머리가 둥근 나무
pointed-trees | pointed trees; trees with pointed heads | trees with pointed crowns | 뾰족한 나무; 머리가 뾰족한 나무들 | 머리가 뾰족한 나무
smiling | a smile; a laughing mouth | a mouth that laughs | 미소; 웃음 | 웃는 입
serious | a serious mouth; a straight mouth | a mouth that is straight | 무표정; 곧은 입 모양 | 곧은 입
glasses | glasses; a pair of spectacles | spectacles | 안경; 안경 쓴 얼굴 | 눈에 쓴 알
black-and-white | black and white; no colours | no colour in it | 흑백; 색 없음 | 색이 없음
close-up | a close-up; seen from near | a small part seen near | 근접 촬영; 가까이 | 가까이 본 일부
hills | hills; slopes | slopes behind one another | 언덕; 비탈 | 겹겹의 비탈
sea-view | the sea; wide sea | wide water | 바다 풍경; 넓은 바다 | 넓은 물
desert | a desert; much sand | sand as far as one sees | 사막; 모래 | 끝없는 모래
clouds | clouds; a cloudy sky | a sky full of clouds | 구름; 구름 낀 | 구름 낀 하늘
dusk | dusk; the light of evening | evening light | 해 질 녘; 저녁 | 저녁 빛
daylight | daylight; the light of day | light of day | 한낮; 낮 | 낮의 빛
scan | scanned; a scan | a scan of paper | 스캔본; 스캔 | 종이를 스캔함
grey scan | scanned in grey; a grey scan without colours | a scan without colour | 흑백 스캔; 색 없는 스캔 | 색 없이 스캔함
fax | faxed in black and white; a fax | a fax of two tones | 팩스; 팩스로 받음 | 두 색의 팩스
phone | photographed with a phone; taken at an angle with a phone | taken by a phone at an angle | 휴대폰으로 촬영; 전화기로 찍음 | 전화기로 비스듬히 찍음
in-korean | Korean text; Hangul; Korean words | words in Hangul | 한글; 한국어; 한글 낱말 | 한국어 낱말
in-english | English text; English words | words in English | 영문; 영어; 영어 글 | 영어 낱말
""")

COUNTS = {
    key: (one, many, korean)
    for key, one, many, korean in (
        [cell.strip() for cell in line.split("|")]
        for line in """
bars | bar | bars | 막대 {n}개
groups | group of bars | groups of bars | 막대 묶음 {n}개
series | series | series | 계열 {n}개
layers | layer | layers | {n}개 층
boxes | box | boxes | 상자 {n}개
points | named point | named points | 이름 붙은 점 {n}개
lines | line | lines | 선 {n}개
areas | area | areas | 영역 {n}개
slices | slice | slices | 조각 {n}개
rows | row | rows | {n}행
columns | column | columns | {n}열
years | year of figures | years of figures | {n}개 연도
steps | step | steps | 단계 {n}개
nodes | node | nodes | 마디 {n}개
branches | branch | branches | 가지 {n}개
parts | part | parts | 구성 요소 {n}개
zones | zone | zones | 구역 {n}개
events | event | events | 사건 {n}개
circles | circle | circles | 원 {n}개
squares | square | squares | 사각형 {n}개
triangles | triangle | triangles | 삼각형 {n}개
stars | star | stars | 별 {n}개
equations | line | lines | 식 {n}줄
code-lines | line of code | lines of code | 코드 {n}줄
text-lines | line of text | lines of text | 글 {n}줄
commands | command | commands | 명령 {n}개
items | item | items | 항목 {n}개
sections | section | sections | 절 {n}개
entries | entry | entries | 항목 {n}개
fields | field | fields | 칸 {n}개
points | point | points | 요점 {n}개
cards | card | cards | 카드 {n}개
buttons | button | buttons | 버튼 {n}개
messages | message | messages | 메시지 {n}개
tiles | tile | tiles | 타일 {n}개
houses | house | houses | 집 {n}채
trees | tree | trees | 나무 {n}그루
people | person | people | 사람 {n}명
cars | car | cars | 자동차 {n}대
flowers | flower | flowers | 꽃 {n}송이
""".strip().splitlines()
    )
}

NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]

COLOURS = {
    "red": "빨간색",
    "orange": "주황색",
    "yellow": "노란색",
    "green": "초록색",
    "teal": "청록색",
    "blue": "파란색",
    "purple": "보라색",
    "pink": "분홍색",
    "brown": "갈색",
    "grey": "회색",
    "black": "검은색",
}
