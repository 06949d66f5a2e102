"""Word lists that the rules of a conversation go by. A list is a text: words between spaces."""

from __future__ import annotations

__all__ = [
    "ADNOMINALS_KO",
    "ASKING",
    "AUXILIARIES",
    "MEASURES",
    "MEASURES_KO",
    "OPERATIONS",
    "PAST",
    "PREPOSITIONS",
    "SMALL",
    "VERBS",
    "WH",
    "listed",
    "paired",
]


def listed(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


def paired(text: str) -> dict[str, str]:
    """The pairs "word:form" of a text."""
    return {word: form for word, _, form in (pair.partition(":") for pair in text.split())}


AUXILIARIES = listed("""
    is are was were am be been being do does did has have had can could will would should shall may might must
    isn't aren't wasn't weren't doesn't don't didn't
""")
WH = listed("who whom whose what which when where why how")
PREPOSITIONS = listed("""
    in on at of for from to by with without under over between during since until through per as about into within
    among than after before against
""")
VERBS = listed("""
    make makes made cost costs earn earned earns work works worked sell sold sells pay paid pays grow grew grows grown
    rise rose rises risen fall fell falls fallen increase increased decrease decreased cover covers covered include
    includes included play played plays become became becomes happen happened happens come came comes go goes went
    get gets got use used uses spend spent own owned owns produce produced employ employs employed hire hired live
    lives lived start started starts end ended ends open opened opens close closed closes sit sits chair chairs lead
    leads appoint appoints appointed elect elected elects win won lose lost buy bought buys take took takes taken give
    gave given receive received receives need needs want wants say says said show shows shown contain contains report
    reported reports expect expected die died marry married write wrote written found founded build built weigh
    weighs last lasts measure measures drop dropped drops decline declined change changed apply applies require
    requires exceed exceeded serve serves served stand stands mean means provide provides offer offers charge charges
""")
ASKING = listed("show list tell give explain describe compare find summarize summarise name define calculate print")
OPERATIONS = listed("""
    change difference average total sum percentage percent ratio share growth rate value amount number increase
    decrease level
""")
MEASURES = listed("""
    revenue revenues sales income profit profits margin cost costs expense expenses price fee fees deductible copay
    coinsurance premium dividend dividends tax taxes cash assets debt equity population area weight height width
    length depth size age date name address rating life battery speed capacity temperature pressure accuracy score
    duration term limit balance salary compensation employees emissions earnings
""")
MEASURES_KO = listed("""
    가격 금액 비용 매출 매출액 이익 순이익 이익률 비율 거리 시간 기간 주기 요금 인구 면적 크기 무게 용량 높이
    길이 온도 날짜 장소 이름 주소 번호 원인 조치 이유 출생 사망 배당금 한도 일수 수 값 난이도 속도 점수 등급
    규모 목적 방법 예산 지출 수입 세금 전화번호 색 재료 효과 장점 단점 조건 기한 마감
""")
SMALL = listed("""
    a an the is are was were be been do does did has have had of in on at for to from by with and or what which who
    when where why how many much long there that can could will would should between during as not than
""")
PAST = paired("""
    fall:fell rise:rose grow:grew go:went become:became come:came get:got make:made take:took give:gave lose:lost
    win:won sell:sold buy:bought pay:paid spend:spent leave:left begin:began build:built hold:held keep:kept have:had
    do:did be:was say:said see:saw send:sent shrink:shrank sink:sank cut:cut cost:cost hit:hit put:put set:set
    shut:shut let:let drive:drove write:wrote choose:chose find:found know:knew lead:led run:ran meet:met
    bring:brought break:broke speak:spoke stand:stood tell:told withdraw:withdrew overtake:overtook drop:dropped
    stop:stopped plan:planned ban:banned step:stepped ship:shipped spread:spread quit:quit rebuild:rebuilt
    forbid:forbade teach:taught think:thought catch:caught
""")
ADNOMINALS_KO = paired("""
    준:줄었다 는:는다 늘어난:늘어났다 줄어든:줄어들었다 든:들었다 만든:만들었다 판:팔았다 산:샀다 연:열었다 온:왔다
    간:갔다 한:했다 된:됐다 받은:받았다 인:이다 아닌:아니다 없는:없다 있는:있다 같은:같다 큰:크다 많은:많다 적은:적다
    높은:높다 낮은:낮다 긴:길다 비싼:비싸다 싼:싸다 다른:다르다 오른:올랐다 번:벌었다 뜬:떴다 쓴:썼다 닫은:닫았다
    늘은:늘었다 줄은:줄었다 걸린:걸렸다 빠른:빠르다
""")
