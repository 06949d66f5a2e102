"""Pages written for the tests of the verifier, with claims about them: true ones, retellings, and false ones of a kind.

Nothing here is taken from a data set. `TRUE` and `FALSE` are (page, claim); `FALSE` says what was changed, too.
"""

from __future__ import annotations

HARBOUR = """Harbour Ferries annual review 2021

Harbour Ferries carried 4.1 million passengers in 2021, 8% more than in 2020. The northern line opened in May 2019 and
the southern line followed in June 2020. Margaret Doyle became chief executive in 2018 after Peter Lang had retired. The
company operates nine vessels from its base in Portsmouth, and its repair yard lies in Gosport. Operating margin rose
by 3 percentage points to 14%. Fuel costs fell by 6% because the new engines burn less diesel. Bicycles travel free of
charge, but motorcycles do not. Passengers must not leave their vehicles during the crossing. Tickets are valid for 30
days and can be returned until two days before departure. The first quarter brought 0.7 million passengers, the second
quarter 1.1 million and the third quarter 1.4 million. The northern line earns more than the southern line. In the
fourth quarter revenue reached GBP 13.6 million. Revenue for the whole year was GBP 48.6 million.

Crew must bring:
- a life jacket
- a radio
- a first aid kit

Passengers may bring:
- one suitcase
- a folding bicycle
- a small dog

Revenue by line (in thousands of pounds)

                      2020      2021
Northern             21,400    23,150
Southern             17,900    19,800
Charter               6,300     5,650
Total                45,600    48,600
"""
CLINIC = """Guidance for patients of the Elmwood clinic

The clinic opens at 8:30 on weekdays and at 10:00 on Saturdays. Doctor Hannah Weiss leads the eye department, and Doctor
Omar Farouk leads the heart department. Patients should take the tablets twice a day with food. The medicine is not
suitable for children under 12. Nurses check the blood pressure every four hours after surgery. Visitors are not allowed
in the intensive care unit. In a study of 240 patients the new dressing shortened healing from 21 to 15 days. About 18%
of the patients reported headaches, while 5% reported nausea. The laboratory sends results within three working days.
The clinic was founded in 1964 in Leeds and moved to York in 1992. Parking costs 2.50 pounds an hour, and patients with
a disability park without charge. Vaccines are stored between 2 and 8 degrees Celsius. Each ward has 24 beds. The
shortest stay was two days and the longest stay was eleven days.

                    Beds   Nurses   Doctors
Eye department        24       31         9
Heart department      36       52        17
Surgery               48       66        21
"""
LIBRARY = """The town library of Aldermoor

The library lends books for four weeks and films for one week. A reader may renew a loan twice unless another reader
has reserved the book. The reading room on the second floor seats sixty people and closes at nine in the evening. In
1908 the industrialist Edwin Marlow gave the town the land and the first five thousand volumes. The architect Clara
Voss designed the eastern wing, which was finished in 1931. A fire destroyed the western wing in 1944; it was rebuilt
ten years later. Children under sixteen pay nothing, adults pay twelve pounds a year. The map collection holds
documents from the sixteenth century and is shown on request only. Volunteers catalogue letters of local families every
Tuesday. The heating was replaced by a heat pump, which lowered energy use by a third. Borrowers who return books late
pay ten pence for each day. The council considers a branch in the harbour district but has not decided.
"""
FACTORY = """2024년 한빛기계 사업 현황

한빛기계는 1998년에 창원에서 설립되었다. 2024년 매출은 3,250억 원으로 전년보다
7.5% 증가했다. 영업이익은 210억 원으로 전년보다 4% 감소했다. 이 회사는 부산과
대전에 공장을 두고 있으며 본사는 창원에 있다. 부산 공장은 엔진 부품을 생산하고 대전 공장은
감속기를 생산한다. 대표이사는 박정훈 사장이며 2021년 3월에 취임했다. 전체 직원은
1,480명이고 이 가운데 연구원은 260명이다. 신입 직원은 입사 후 3개월 동안 교육을
받는다. 국내 출장의 숙박비 한도는 1박에 120,000원이고 해외 출장의 숙박비 한도는
1박에 250,000원이다. 연차 휴가는 다음 해로 이월되지 않는다. 식당은 오전 11시
30분부터 오후 1시 30분까지 운영한다. 수출 비중은 42%로 전년보다 2%포인트 높아졌다.

구분       1분기       2분기       3분기
매출       780       815       830
이익        52        49        55
수출       320       345       352
"""
BUS = """마을버스 이용 안내

가 노선은 시청에서 출발하여 중앙시장을 지나 대학병원까지 운행합니다. 나 노선은 기차역에서
출발하여 문화회관까지 운행합니다. 가 노선의 첫차는 오전 5시 40분에 출발하고 막차는 오후
10시 50분에 출발합니다. 나 노선의 첫차는 오전 6시 10분에 출발합니다. 요금은 성인
1,200원, 청소년 900원, 어린이 500원입니다. 교통카드를 사용하면 30분 안에 한 번
무료로 환승할 수 있습니다. 반려동물은 이동장에 넣은 경우에만 태울 수 있습니다. 음식물은 차
안에 가지고 들어올 수 없습니다. 분실물은 차고지 사무실에서 7일 동안 보관합니다. 배차
간격은 평일 12분, 주말 20분입니다. 정류장은 모두 18곳입니다.
"""
PAGES = {"harbour": HARBOUR, "clinic": CLINIC, "library": LIBRARY, "factory": FACTORY, "bus": BUS}

TRUE = [
    ("harbour", "Harbour Ferries carried 4.1 million passengers in 2021."),
    ("harbour", "In 2021 Harbour Ferries carried 8% more passengers than in 2020."),
    ("harbour", "The northern line opened in May 2019."),
    ("harbour", "The southern line opened in June 2020."),
    ("harbour", "Margaret Doyle became chief executive in 2018."),
    ("harbour", "Peter Lang retired."),
    ("harbour", "Harbour Ferries has its base in Portsmouth."),
    ("harbour", "The company operates 9 vessels."),
    ("harbour", "The operating margin increased by 3 percentage points to 14%."),
    ("harbour", "Fuel costs decreased by 6%."),
    ("harbour", "Motorcycles do not travel free of charge."),
    ("harbour", "Passengers must not leave their vehicles during the crossing."),
    ("harbour", "Tickets are valid for 30 days."),
    ("harbour", "The second quarter brought 1.1 million passengers."),
    ("harbour", "The northern line earns more than the southern line."),
    ("harbour", "The fourth quarter reached GBP 13.6 million in revenue."),
    ("harbour", "Revenue for the whole year was GBP 48.6 million."),
    ("harbour", "Crew must bring a life jacket."),
    ("harbour", "Passengers may bring a small dog."),
    ("harbour", "Revenue of the Northern line, 2021: 23,150"),
    ("harbour", "Southern, 2020: 17,900"),
    ("harbour", "Charter revenue was 5.65 million pounds in 2021."),
    ("harbour", "Total revenue in 2020: 45,600"),
    ("clinic", "The clinic opens at 10:00 on Saturdays."),
    ("clinic", "Doctor Omar Farouk leads the heart department."),
    ("clinic", "The heart department is led by Doctor Omar Farouk."),
    ("clinic", "The tablets should be taken twice a day with food."),
    ("clinic", "The medicine is not suitable for children under 12."),
    ("clinic", "After surgery, nurses check the blood pressure every 4 hours."),
    ("clinic", "About 18% of the patients reported headaches."),
    ("clinic", "5% of the patients reported nausea."),
    ("clinic", "In 1992 the clinic moved to York."),
    ("clinic", "The clinic was founded in Leeds in 1964."),
    ("clinic", "Each ward has 24 beds."),
    ("clinic", "The longest stay was eleven days."),
    ("clinic", "Heart department, Nurses: 52"),
    ("clinic", "Surgery has 21 doctors."),
    ("library", "Films are lent for one week."),
    ("library", "The reading room seats 60 people."),
    ("library", "Edwin Marlow gave the town the land in 1908."),
    ("library", "Clara Voss designed the eastern wing."),
    ("library", "The eastern wing was designed by Clara Voss and finished in 1931."),
    ("library", "In 1944 a fire destroyed the western wing."),
    ("library", "Adults pay twelve pounds a year."),
    ("library", "Volunteers catalogue letters of local families every Tuesday."),
    ("library", "The council has not decided on a branch in the harbour district."),
    ("factory", "한빛기계는 1998년에 창원에서 설립되었습니다."),
    ("factory", "2024년 매출은 3,250억 원이다."),
    ("factory", "매출은 전년보다 7.5% 증가했다."),
    ("factory", "영업이익은 전년보다 4% 감소했습니다."),
    ("factory", "부산 공장은 엔진 부품을 생산한다."),
    ("factory", "대전 공장에서는 감속기를 생산한다."),
    ("factory", "본사는 창원에 있다."),
    ("factory", "대표이사는 박정훈 사장이다."),
    ("factory", "연구원은 260명이다."),
    ("factory", "국내 출장의 숙박비 한도는 1박에 120,000원이다."),
    ("factory", "해외 숙박비 한도는 25만 원이다."),
    ("factory", "연차 휴가는 다음 해로 이월되지 않는다."),
    ("factory", "수출 비중은 전년보다 2%포인트 높아졌다."),
    ("factory", "매출, 2분기: 815"),
    ("factory", "수출, 3분기: 352"),
    ("bus", "가 노선의 첫차는 오전 5시 40분에 출발한다."),
    ("bus", "나 노선은 기차역에서 출발한다."),
    ("bus", "청소년 요금은 900원이다."),
    ("bus", "교통카드를 사용하면 30분 안에 한 번 무료로 환승할 수 있다."),
    ("bus", "음식물은 차 안에 가지고 들어올 수 없다."),
    ("bus", "분실물은 차고지 사무실에서 7일 동안 보관한다."),
    ("bus", "주말 배차 간격은 20분이다."),
]
FALSE = [
    ("harbour", "Harbour Ferries carried 4.7 million passengers in 2021.", "digit"),
    ("harbour", "Tickets are valid for 30 weeks.", "unit"),
    ("harbour", "The northern line opened in May 2020.", "year"),
    ("harbour", "The southern line opened in May 2019.", "year"),
    ("harbour", "Peter Lang became chief executive in 2018.", "name"),
    ("harbour", "The repair yard lies in Portsmouth.", "name"),
    ("harbour", "The operating margin rose by 3% to 14%.", "points"),
    ("harbour", "Fuel costs rose by 6%.", "opposite"),
    ("harbour", "Motorcycles travel free of charge.", "not"),
    ("harbour", "Bicycles do not travel free of charge.", "not"),
    ("harbour", "Passengers may leave their vehicles during the crossing.", "not"),
    ("harbour", "The first quarter brought 1.1 million passengers.", "ordinal"),
    ("harbour", "The third quarter brought 1.1 million passengers.", "ordinal"),
    ("harbour", "The southern line earns more than the northern line.", "comparison"),
    ("harbour", "The northern line earns less than the southern line.", "comparison"),
    ("harbour", "Revenue for the whole year was GBP 13.6 million.", "total"),
    ("harbour", "In the fourth quarter revenue reached GBP 48.6 million.", "total"),
    ("harbour", "Crew must bring a folding bicycle.", "list"),
    ("harbour", "Passengers may bring a radio.", "list"),
    ("harbour", "Revenue of the Northern line, 2020: 23,150", "column"),
    ("harbour", "Southern, 2021: 23,150", "row"),
    ("harbour", "Charter, 2021: 48,600", "total"),
    ("harbour", "Total revenue in 2021: 23,150", "total"),
    ("harbour", "Harbour Ferries carried 4.1 billion passengers in 2021.", "unit"),
    ("clinic", "The clinic opens at 8:30 on Saturdays.", "swap"),
    ("clinic", "Doctor Hannah Weiss leads the heart department.", "name"),
    ("clinic", "Patients should take the tablets twice a week with food.", "unit"),
    ("clinic", "The medicine is suitable for children under 12.", "not"),
    ("clinic", "Nurses check the blood pressure every four days after surgery.", "unit"),
    ("clinic", "Visitors are allowed in the intensive care unit.", "not"),
    ("clinic", "About 18% of the patients reported nausea.", "swap"),
    ("clinic", "The new dressing shortened healing from 15 to 21 days.", "swap"),
    ("clinic", "The clinic moved to Leeds in 1992.", "name"),
    ("clinic", "The clinic was founded in 1992 in Leeds.", "year"),
    ("clinic", "The shortest stay was eleven days.", "swap"),
    ("clinic", "Heart department, Nurses: 31", "row"),
    ("clinic", "Surgery, Doctors: 66", "column"),
    ("library", "The library lends films for four weeks.", "swap"),
    ("library", "Clara Voss designed the western wing.", "name"),
    ("library", "A fire destroyed the eastern wing in 1944.", "name"),
    ("library", "A fire destroyed the western wing in 1931.", "year"),
    ("library", "Children under sixteen pay twelve pounds a year.", "swap"),
    ("library", "The reading room seats sixteen people.", "digit"),
    ("library", "The heat pump raised energy use by a third.", "opposite"),
    ("library", "The council has decided on a branch in the harbour district.", "not"),
    ("factory", "한빛기계는 1989년에 창원에서 설립되었다.", "digit"),
    ("factory", "한빛기계는 1998년에 대전에서 설립되었다.", "name"),
    ("factory", "2023년 매출은 3,250억 원이다.", "year"),
    ("factory", "2024년 매출은 3,250만 원이다.", "unit"),
    ("factory", "영업이익은 전년보다 4% 증가했다.", "opposite"),
    ("factory", "부산 공장은 감속기를 생산한다.", "swap"),
    ("factory", "대전 공장은 엔진 부품을 생산한다.", "swap"),
    ("factory", "본사는 부산에 있다.", "name"),
    ("factory", "대표이사는 김정훈 사장이다.", "name"),
    ("factory", "연구원은 1,480명이다.", "total"),
    ("factory", "국내 출장의 숙박비 한도는 1박에 150,000원이다.", "digit"),
    ("factory", "국내 출장의 숙박비 한도는 1박에 250,000원이다.", "swap"),
    ("factory", "연차 휴가는 다음 해로 이월된다.", "not"),
    ("factory", "수출 비중은 전년보다 2% 높아졌다.", "points"),
    ("factory", "매출, 1분기: 815", "column"),
    ("factory", "이익, 2분기: 345", "row"),
    ("bus", "나 노선의 첫차는 오전 5시 40분에 출발한다.", "name"),
    ("bus", "가 노선은 기차역에서 출발한다.", "name"),
    ("bus", "어린이 요금은 900원이다.", "swap"),
    ("bus", "음식물은 차 안에 가지고 들어올 수 있다.", "not"),
    ("bus", "분실물은 차고지 사무실에서 7개월 동안 보관한다.", "unit"),
    ("bus", "주말 배차 간격은 12분이다.", "swap"),
]

# A second set, on which only whole kinds of error were mended: judged by its share.
FARM = """Solar farm Brandeck

The farm was built in 2016 and enlarged in 2021. It has 32,000 panels on 18 hectares and feeds the village of Brandeck
and the town of Olmen. In 2022 it produced 11.4 gigawatt hours, which is 9% less than in 2021. The contract with the
grid operator Norvolt runs until 2036, while the lease of the land ends in 2041. Sheep graze between the panels, so no
machine is needed to cut the grass. Ingrid Solberg manages the farm and Tomas Brandt is responsible for maintenance.
A panel costs 140 euros, an inverter costs 2,300 euros. Visitors are welcome on Fridays. Guided tours last two hours
and cost 6 euros for adults and 3 euros for children. The operator paid 84,000 euros in rent, but it did not pay a
dividend. The share of local owners grew from 12% to 19%, that is by 7 percentage points.
"""
GREENHOUSE = """스마트 온실 운영 보고

이 온실은 2019년에 나주에서 문을 열었고 2022년에 두 배로 넓혔다. 토마토는 연간 120톤, 파프리카는
연간 85톤을 수확한다. 온도는 낮에 24도, 밤에 17도로 유지한다. 관리자는 이수진 팀장이고 기술 지원은
최영호 과장이 맡는다. 물 사용량은 30% 줄었지만 전기 사용량은 8% 늘었다. 외부인은 예약 없이 들어올 수
없다. 견학은 화요일과 목요일에 진행하며 한 번에 20명까지 받는다. 견학 요금은 어른 5,000원, 학생 2,000원이다.
1구역에는 토마토를 심고 2구역에는 파프리카를 심었다.
"""
MORE_PAGES = {"farm": FARM, "greenhouse": GREENHOUSE}
MORE_TRUE = [
    ("farm", "The farm was enlarged in 2021."),
    ("farm", "Brandeck solar farm was built in 2016."),
    ("farm", "The farm has 32,000 panels."),
    ("farm", "In 2022 the farm produced 11.4 gigawatt hours."),
    ("farm", "Production in 2022 was 9% lower than in 2021."),
    ("farm", "The lease of the land ends in 2041."),
    ("farm", "The contract with Norvolt runs until 2036."),
    ("farm", "Tomas Brandt is responsible for maintenance."),
    ("farm", "Ingrid Solberg is the manager of the farm."),
    ("farm", "An inverter costs 2,300 euros."),
    ("farm", "Tours last 2 hours."),
    ("farm", "Children pay 3 euros for a guided tour."),
    ("farm", "No dividend was paid."),
    ("farm", "The operator paid rent of 84,000 euros."),
    ("farm", "The share of local owners grew by 7 percentage points."),
    ("farm", "The share of local owners rose from 12% to 19%."),
    ("farm", "Because sheep graze between the panels, no machine is needed to cut the grass."),
    ("greenhouse", "온실은 2022년에 두 배로 넓혀졌다."),
    ("greenhouse", "토마토 수확량은 연간 120톤이다."),
    ("greenhouse", "파프리카는 연간 85톤을 수확한다."),
    ("greenhouse", "밤 온도는 17도로 유지한다."),
    ("greenhouse", "기술 지원은 최영호 과장이 담당한다."),
    ("greenhouse", "물 사용량은 30% 감소했다."),
    ("greenhouse", "전기 사용량은 8% 증가했다."),
    ("greenhouse", "외부인은 예약 없이 들어올 수 없다."),
    ("greenhouse", "견학 요금은 학생 2,000원이다."),
    ("greenhouse", "학생 요금은 2천 원이다."),
    ("greenhouse", "2구역에는 파프리카를 심었다."),
    ("greenhouse", "견학은 한 번에 20명까지 받는다."),
    ("greenhouse", "온실은 2019년 나주에서 문을 열었다."),
]
MORE_FALSE = [
    ("farm", "The farm was built in 2021."),
    ("farm", "The farm has 23,000 panels."),
    ("farm", "In 2021 it produced 11.4 gigawatt hours."),
    ("farm", "Production in 2022 was 9% higher than in 2021."),
    ("farm", "The lease of the land ends in 2036."),
    ("farm", "The contract with Norvolt runs until 2041."),
    ("farm", "Ingrid Solberg is responsible for maintenance."),
    ("farm", "Tomas Brandt manages the farm."),
    ("farm", "A panel costs 2,300 euros."),
    ("farm", "Guided tours cost 6 euros for children."),
    ("farm", "The operator paid a dividend."),
    ("farm", "The share of local owners grew by 7%."),
    ("farm", "The share of local owners grew from 19% to 12%."),
    ("farm", "Guided tours last two days."),
    ("farm", "A machine is needed to cut the grass."),
    ("farm", "Visitors are not welcome on Fridays."),
    ("farm", "The farm produced 11.4 megawatt hours in 2022."),
    ("farm", "The farm has 32,000 panels on 81 hectares."),
    ("farm", "Norvolt manages the farm."),
    ("greenhouse", "온실은 2022년에 나주에서 문을 열었다."),
    ("greenhouse", "파프리카는 연간 120톤을 수확한다."),
    ("greenhouse", "토마토는 연간 85톤을 수확한다."),
    ("greenhouse", "밤 온도는 24도로 유지한다."),
    ("greenhouse", "관리자는 최영호 과장이다."),
    ("greenhouse", "물 사용량은 30% 늘었다."),
    ("greenhouse", "전기 사용량은 30% 늘었다."),
    ("greenhouse", "외부인은 예약 없이 들어올 수 있다."),
    ("greenhouse", "학생 견학 요금은 5,000원이다."),
    ("greenhouse", "1구역에는 파프리카를 심었다."),
    ("greenhouse", "2구역에는 토마토를 심었다."),
    ("greenhouse", "견학은 한 번에 20개월까지 받는다."),
    ("greenhouse", "온실은 2019년에 대전에서 문을 열었다."),
    ("greenhouse", "견학은 월요일과 목요일에 진행한다."),
]
