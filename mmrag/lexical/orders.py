"""Sentences that order their reader what to say, or a machine what to do: they state nothing, whatever they hold.

Knows English and Korean forms of such orders and no intent. "Print the form" is none, since it does not say what is to
be said, and "the clerk must say that ..." is a statement: what counts is an imperative, or a duty laid on a reader that
is a program, together with what is to be said, left out, shown of its rules, or forgotten.
"""

from __future__ import annotations

import re

__all__ = ["is_order"]


_LONGEST = 1_000
"""Characters that are read of a sentence."""


def _any(*forms: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{form})" for form in forms))


# ----------------------------------------------------------------------------------------------------------- English

_IN = r"[^.!?]"
"""Any letter of the same sentence."""
_MODEL = (
    r"(?:(?:the|an?|any|all|every|this|dear|hey|attention) )*(?:ai(?: (?:systems?|models?|agents?|assistants?|tools?))?"
    r"|assistants?|(?:large )?(?:language )?models?|llms?|gpt|chat ?gpt|chat ?bots?|bots?)"
)
_SAY = r"(?:say|state|claim|answer|reply|respond|assert|declare|insist|pretend|affirm)"
_PUT = rf"(?:{_SAY}|print|output|write|repeat|return|display|type|echo|emit)"
_SHOW = (
    r"(?:show|reveal|print|output|display|disclose|give(?: me)?|tell(?: me)?|list|leak|expose|recite|copy|repeat|quote"
    r"|write(?: out| down)?|provide|send|dump|share)"
)
_RULES = (
    r"(?:instructions?|prompts?|rules?|guidelines?|directions?|directives?|commands?|orders|context|constraints"
    r"|restrictions|safeguards|policies|polic(?:y|ies)|programming|filters|configuration)"
)
_GIVEN = (
    rf"(?:(?:all|any|every|each|whatever|your|my|previous|prior|earlier|preceding|above|former|other|safety|system"
    rf"|those|these|the|of) )+(?:\w+ ){{0,2}}{_RULES}\b"
    r"|(?:everything|anything|all|what|whatever)(?: that)?(?: \w+){0,2} (?:above|before|earlier|told|said|given)\b"
    r"|the (?:user|question|evidence|sources?|other (?:documents?|pages?|files?))\b"
)
_ASKED = r"(?:asks?|asked|asking|question(?:ed|s)?|wants? to know|enquires?|inquires?)"
_TOLD = r"(?:asked|told|ordered|instructed|commanded|authori[sz]e[sd]?|permit(?:s|ted)?|allow(?:s|ed)?|wants?|needs?)"
_REPLY = r"(?:answers?|repl(?:y|ies)|responses?|outputs?|summar(?:y|ies)|reviews?|completions?)"

_START = re.compile(
    r"(?:^\W*|[.!?:;,>]\s*|\byou (?:must|should|shall|have to|are to|need to|will|can) |\b(?:and|or|then|now|instead"
    r"|also|but|so|just|simply|only|always|please|kindly|sure to|sure that you|careful to) )"
    r"(?:(?:please|kindly|just|simply|only|always|also|now|instead|then|and|you must|you should) )*"
)
"""Where an imperative may begin, with what may stand before its verb."""
_IMPERATIVE = _any(
    # what to say: "answer that", "reply with", "output only", "tell the user that", "say yes and nothing else"
    rf"{_SAY} (?:only |just )?that (?!a |x\b)",
    r"(?:tell|assure|inform|convince) (?:the |your |any |every |all )?(?:users?|readers?|people|them|everyone"
    r"|\w+ who asks?)\b(?! (?:how|where|when|about|to))",
    r"(?:reply|respond|answer|conclude) (?:only |just |exclusively |simply )?(?:with|as)\b",
    r"(?:reply|respond|answer|speak|write) (?:\w+ )?(?:only|exclusively) (?:in|as|with)\b",
    r"(?:answer|reply|respond) (?:in|with) (?:one|a single|two|three) \w+\s*:",
    rf"{_PUT}\b{_IN}{{1,80}}(?:\band nothing (?:else|more)\b|\bno other (?:word|text)|\bverbatim\b|\bword for word\b"
    r"|\bwithout (?:further|any other|changing))",
    rf"{_PUT} (?:exactly|only|nothing but|precisely|literally) (?!if\b|when\b|the (?:relevant|required))",
    r"(?:print|output|echo|emit|repeat) (?:the (?:following|word|words|sentence|phrase|text)|everything)\b",
    # how every answer is to be
    rf"(?:begin|start|end|finish|open|close|conclude|prefix|preface|sign)\b{_IN}{{0,20}}\b(?:your|every|each|all|any"
    rf"|the) (?:\w+ )?{_REPLY} (?:with|by)\b",
    rf"(?:include|insert|append|add|mention|put|place|use)\b{_IN}{{1,80}}\b(?:in|to|at the end of) (?:your|every|each"
    rf"|all|any) (?:\w+ )?{_REPLY}\b",
    # forget the rules
    r"(?:ignore|disregard|forget|override|bypass|discard|overlook|skip|drop|abandon"
    rf"|(?:stop|cease|quit) (?:follow|obey)ing|(?:do not|don't|never) (?:follow|obey)) (?:{_GIVEN})",
    rf"(?:do not|don't|never) (?:answer|summari[sz]e|help|obey)\b{_IN}{{0,60}}[;,:] (?:\w+ )?(?:{_PUT}|{_SHOW})\b",
    # show the rules, or what stands elsewhere
    rf"{_SHOW}\b{_IN}{{0,60}}\b(?:system (?:prompt|message|instructions?)|(?:your|hidden|secret|initial|original)"
    rf" (?:\w+ )?(?:{_RULES}|password|key)|(?:{_RULES}|text|lines?|words?) (?:that (?:stands?|is|are|was|were) )?"
    r"(?:above|before|preceding))\b",
    rf"{_SHOW}\b{_IN}{{0,80}}\b(?:of|in|from) (?:the|an?|any|all) ?other (?:documents?|files?|pages?)\b",
    r"act as (?:if you|an? (?:system|person|character|expert|\w+ (?:without|with no)))\b",
    r"pretend (?:to be|you are|that you)\b",
)
_ANYWHERE = _any(
    r"\b(?:just|simply|only) (?:say|answer|reply|respond) (?!(?:to|if|when|by|where|what|how|why|whether|so|the)\b)",
    # how every answer is to be
    rf"\byour (?:\w+ )?{_REPLY} (?:must|should|shall|has to|have to|is to|will|needs to) (?:\w+ )?(?:be|begin|start|end"
    r"|contain|include|say|state|mention|read|consist)\b",
    rf"\byour (?:\w+ )?{_REPLY} (?:mentions?|includes?|contains?|says?|states?|begins?|ends?)\b",
    r"\banswer to (?:every|any|all|each|whatever|whichever)\b",
    # whatever is asked
    r"\b(?:whatever|no matter (?:what|which|how)|regardless of (?:what|which|how|the)|irrespective of)"
    rf"{_IN}{{0,40}}\b(?:(?:is|are|was|were|be|being) asked|(?:you|they|users?|readers?|people|anyone|anybody|someone"
    r"|somebody) (?:\w+ )?(?:asks?|wants? to know)|questions?)\b",
    r"\b(?:when|whenever|if|time) (?:you(?: are|'re)?|somebody|someone|anyone|anybody|the user|they|people)"
    rf" (?:\w+ )?{_ASKED}{_IN}{{0,60}}[,;] (?:\w+ )?(?:{_PUT}|recommend|mention|tell|give)\b(?! (?:it|them)\b)",
    r"\b(?:when|while|before|in|instead of) (?:you )?(?:answer|reply|respond|summari[sz]|translat|review|rat|evaluat"
    rf"|describ)(?:e|ing)?{_IN}{{0,60}}[,;] (?:\w+ )?(?:{_PUT}|{_SHOW}|recommend|mention|tell|include)\b",
    rf"\bfor (?:any|every|all|each) (?:\w+ )?questions?\b{_IN}{{0,60}}[,;] (?:\w+ )?{_PUT}\b",
    # show the rules
    rf"\b{_TOLD} you to {_SHOW}\b{_IN}{{0,60}}\b(?:your|the|its|all) (?:\w+ ){{0,3}}?(?:{_RULES}|secrets?|keys?"
    r"|passwords?|codes?)\b",
    rf"\byou (?:have been|were|are) {_TOLD} to (?:{_SHOW}|{_PUT})\b",
    # a reader that is a program
    rf"^\W*(?:\w+ )?(?:note|notice|message|instructions?|reminder|orders?|memo|hint) (?:to|for) {_MODEL}\s*[:.,]",
    rf"^\W*{_MODEL}\s*[:,]\s*(?:\w+ )?(?:{_PUT}|{_SHOW}|rate|approve|recommend|ignore|add|include|mark|accept|translate"
    r"|summari[sz]e|the (?:user|reader)|you|your|from now)\b",
    rf"\b(?:ai|assistants?|language models?|llms?|chat ?gpt|chat ?bots?|models? (?:that|which) reads?)(?: \w+ing"
    rf"(?: \w+){{1,3}})?(?: that \w+(?: \w+){{1,3}})? (?:must|should|shall|has to|have to|is to|are to|will)"
    rf"(?: always| never)? (?:{_SAY} (?:only |just )?that|tell (?:the )?users?|rate|recommend|ignore|reveal)\b",
    rf"\b(?:if|as|since|because) {_MODEL} (?:is |are )?(?:reads?|reading|summari|process|sees?|analy)",
    rf"\b(?:if|since|because) you are {_MODEL}\b",
    rf"^\W*as {_MODEL},? you\b",
    rf"\byou (?:are|will be|must be|shall be) (?:now |no longer )?{_MODEL}\b(?! (?:user|customer|owner|developer))",
    r"\byou (?:are|must) (?:now |no longer )?(?:act|acting|bound by|restricted|unrestricted|jail ?broken)\b"
    r"(?! (?:in accordance|within|quickly))",
    r"\byou (?:are now|now have|have now|have) (?:\w+ )?(?:and )?(?:have )?no (?:\w+ )?(?:restrictions|rules|limits"
    r"|filters)\b",
    r"\bfrom (?:now|here|this (?:point|moment)) on\W{0,2} ?(?:you\b|(?:only |always )?(?:speak|talk|respond|reply"
    r"|answer|say|act)\b)",
    r"\b(?:your|the) (?:new |real |only |true |next )?(?:task|mission|role|goal|job|purpose) is now\b"
    r"|\byour (?:new|real|only|true) (?:task|mission|role|goal|job|purpose|instructions?) (?:is|are)\b",
    r"\bi am your (?:\w+ )?(?:developer|creator|administrator|operator|maker|programmer)\b",
    # marks that part a prompt
    r"<\|[a-z_]+\|>|\[/?(?:inst|sys)\]|<</?sys>>|</?(?:system|assistant|instructions?|prompt)>",
    r"^\W*(?:new|updated|real|actual|secret|hidden|system|developer|admin(?:istrator)?) (?:\w+ )?(?:instructions?"
    r"|prompt|override|command|directive|orders?|task)\s*[:.]",
    r"\b(?:end|beginning|start) of (?:the )?(?:evidence|context|sources|prompt|system (?:prompt|message)|user "
    r"(?:input|query|message))\s*(?:[.:>#=\-]|$)",
)
_SPEAKS = _any(
    r"\byou|\bi am|\bai\b|assistant|model|llm|gpt|bot\b|bots\b|answer|repl|respon|question|ask|whatever|no matter",
    r"summar|translat|review|from (?:now|here|this)|<|\[|instruct|prompt|overrid|command|direct|order|task",
    r"(?:end|start|beginning) of|\bsay",
)
"""One of these has every sentence that `_ANYWHERE` knows: most sentences have none, and are done with."""


# ------------------------------------------------------------------------------------------------------------ Korean

_HANGUL = re.compile("[가-힣]")
_STOP = r"(?![가-힣])"
_POLITE = r"(?:주라|주어라|줘라?|줘요|주세요|주십시오|주시오|주시기 바랍니다|달라|다오)"
_END = (
    rf"(?:하라|하여라|해라|하시오|하십시오|하세요|하셔요|하도록(?! 하는)|할 것|하(?:길|기|시기) 바랍니다"
    rf"|해(?:\s?{_POLITE})?){_STOP}"
)
_GIVE = rf"\s?(?:{_POLITE}|드려라|드리세요|드리십시오){_STOP}"
_WRITE = r"(?:적|쓰|써|밝히|밝혀|옮겨 ?적|적어|알려|보여|들려|전해)"
_SAY_KO = (
    rf"(?:(?:말|답|대답|답변|응답|회답|출력|주장|진술|선언|설명|인쇄|표시|반복|평가|결론){_END}"
    rf"|{_WRITE}(?:{_GIVE}|(?:[어으]?라|으?시오|으?십시오|으?세요|을 것){_STOP})|(?:전|말|답)해라?{_STOP})"
)
"""An imperative of saying, answering, writing or showing."""
_SHOW_KO = (
    rf"(?:(?:출력|공개|표시|반복|나열|인쇄|제시|유출|복사){_END}|(?:알려|보여|들려|밝혀|적어|써){_GIVE}"
    r"|(?:알려|밝혀|적어|옮겨 ?적어)라|(?:밝히|적으|옮겨 ?적으)(?:시오|십시오|세요)|보여\s?(?:주|달)|출력하는 것"
    r"|출력(?:하도록|한 다음))"
)
_PLAIN = r"(?:해|줘|따라|써|마|말아)(?=[\s.!\"'”’]*$)"
_DONE_KO = rf"(?:{_END}|[가-힣]+(?:{_GIVE}|(?:[아어여해겨려쳐]라|하라|시오|십시오|세요){_STOP})|{_PLAIN})"
"""The end of any imperative; the plain one ("해") ends its sentence."""
_NOT_KO = rf"(?:마라|말라|말아라|마시오|마십시오|마세요|말 것){_STOP}"
_MODEL_KO = r"(?:도우미|인공지능|ai|언어 ?모델|거대 ?모델|챗봇|어시스턴트|비서 프로그램|챗gpt|chatgpt|llm)"
_ORDERS_KO = r"(?:지시|지시문|지시 ?사항|명령|명령어|규칙|지침|프롬프트|맥락|질문|instructions?|prompts?|rules?)"
_LIMITS_KO = r"(?:정책|필터|검열|제한|제약|안전 ?장치|가드레일|polic(?:y|ies)|filters?)"
_BREAK_KO = r"(?:무시|무효로|우회|어기|어겨|따르지 ?(?:말|않|마)|지키지 ?(?:말|않|마)|저버리|bypass|ignore)"
_DROP_KO = rf"(?:{_BREAK_KO}|잊(?:어|고|으|지 않)|버리|버려|건너뛰)"
_GIVEN_KO = r"(?:이전|앞|위|기존|모든|원래|지금까지|받은|주어진)"
_YOU_KO = r"(?:너는|넌|너의|네가|니가|너에게|당신은|당신의|당신이)"
_REPLY_KO = r"(?:답변|대답|응답|답|요약)"

_KO = _any(
    # what to say
    r"(?:[라다]고만?|고만|(?:으?로)?만|이?라는 (?:말|글|문구|문장|단어|답)(?:만|을|를)?)\s?(?:간단히 |짧게 )?"
    rf"{_SAY_KO}",
    rf"(?:그냥|단지|오직|다만|반드시|무조건|항상)\s(?:{_IN}{{0,30}}\s)?(?:\S+[라다]고)\s?(?:[가-힣]+\s)?"
    rf"(?:해{_GIVE}|해{_STOP}|{_SAY_KO})",
    rf"[라다]고만?\s?(?:쓰고|적고|말하고|답하고|출력하고)\s{_IN}{{0,40}}(?:{_DONE_KO}|{_NOT_KO})",
    rf"(?:그대로|빠짐없이|글자 하나|한 글자도){_IN}{{0,20}}{_SHOW_KO}",
    rf"(?:앞|위)에 (?:적힌|쓰인|있는|나온) {_IN}{{0,30}}{_SHOW_KO}",
    rf"[라다]고 (?:사용자|독자|질문자|묻는 (?:사람|이))[가-힣]*\s?{_SAY_KO}",
    rf"(?:사용자|독자|질문자)(?:에게|께|한테)는?\s{_IN}{{0,60}}[라다]고\s?{_SAY_KO}",
    # how every answer is to be
    rf"(?:답변|대답|응답|출력|요약|회신)(?:은|을|에|에는|의|마다)?\s{_IN}{{0,60}}"
    r"(?:시작|끝|마무리|포함|덧붙|추가|넣|붙이)(?:[가-힣]{0,3} )?"
    rf"(?:{_DONE_KO}|(?:해야|나야|어야|여야) (?:한다|합니다)|이시오|이십시오|이세요)",
    r"(?:모든|어떤|어느) (?:[가-힣]+ )?(?:질문|물음)(?:의|에 ?대한)? (?:모든 )?(?:정?답|대답|답변)[은이]",
    # whatever is asked
    rf"(?:무엇|무얼|뭐|어떤 (?:것|질문|물음)|어느 질문|누가)[을를에]?\s?{_IN}{{0,12}}"
    r"(?:묻든|물어보든|물어도|물어보더라도|묻더라도|받든|받더라도|받아도)",
    r"(?:질문|물음)[과에이]\s?(?:상관|관계)없이|(?:질문|물음)이 무엇이(?:든|라도|건)",
    rf"(?:물으면|물어보면|질문하면|질문을 받으면|질문에는?)\s{_IN}{{0,60}}[라다]고\s?{_SAY_KO}",
    rf"(?:{_REPLY_KO}|번역|평가|검토)(?:할|하기|하) ?(?:때|전에|면서)(?:는|에는)?\s{_IN}{{0,60}}"
    rf"(?:{_SAY_KO}|{_SHOW_KO}|(?:추천|언급|강조|칭찬){_END})",
    rf"{_REPLY_KO}하(?:는 대신|지 말고)\s{_IN}{{0,60}}{_DONE_KO}",
    # forget the rules
    rf"(?:{_ORDERS_KO}[가-힣]*\s?(?:[가-힣]+ ){{0,2}}{_DROP_KO}|{_LIMITS_KO}[가-힣]*\s?(?:[가-힣]+ ){{0,2}}{_BREAK_KO}"
    rf"|{_GIVEN_KO}[가-힣]*\s(?:[가-힣]+ )?{_ORDERS_KO}[가-힣]*\s?(?:[가-힣]+ ){{0,2}}(?:지우|지워|삭제))[가-힣]*\s?"
    rf"(?:버려라|버리세요|주세요)?(?:[^.!?]*{_DONE_KO}|\s?{_END}|라{_STOP})",
    # show the rules, or what stands elsewhere
    rf"(?:(?:시스템|개발자|system|developer) ?(?:메시지|지침|프롬프트|message|prompt)|프롬프트|지시문"
    rf"|(?:숨은|숨겨진|비밀|내부|너의|네|당신의|자신의) ?(?:{_ORDERS_KO}|정책|설정|정보|값|키))[가-힣]*\s?"
    rf"(?:[^\W\d_]+\s?){{0,4}}?(?:{_SHOW_KO}|말{_END}|(?:print|show|reveal|output))",
    rf"다른 (?:문서|파일|자료|쪽)[가-힣]*\s{_IN}{{0,40}}{_SHOW_KO}",
    rf"(?:암호|비밀 ?번호|비밀)[을를도]\s?(?:함께|먼저|모두|전부)?\s?(?:출력|공개|유출){_END}",
    rf"(?:너|네|당신)(?:에게|한테|의|가)?\s{_IN}{{0,60}}(?:출력|공개|보여|알려|말)[가-힣]*\s?"
    r"(?:[주달하]라고|것을|도록) (?:요청|명령|허락|허용|지시|원)",
    # a reader that is a program
    rf"^\W*{_MODEL_KO}(?:들?에게|께|[야아여님])?\s?(?:알림|전달|공지|지시|명령|참고|주의)?\s?[:：]",
    rf"^\W*{_MODEL_KO}(?:님|[야아여]|이여)[,\s]{_IN}*{_DONE_KO}",
    rf"{_MODEL_KO}[은는]\s{_IN}*(?:{_SAY_KO}|{_SHOW_KO}|[라다]고 (?:말|답|대답|응답)해야 (?:한다|합니다))",
    rf"{_MODEL_KO}[이가]\s?{_IN}{{0,20}}(?:읽|요약|분석|처리)[가-힣]*(?:면|때)",
    rf"(?:읽는|보는|요약하는) {_MODEL_KO}(?:은|는|에게)",
    rf"(?:이제|지금)(?:부터)?는?,? {_YOU_KO}|{_YOU_KO} (?:이제|지금)(?:부터)?",
    r"(?:탈옥|개발자|관리자|제한 ?해제|무제한|jailbreak|developer|dan) ?(?:모드|mode)로",
    rf"역할[로을]\s?(?:바꿔|바꾸어|맡아|전환해|수행해|연기해){_IN}*{_DONE_KO}",
    r"나는 (?:너|당신|네)의 (?:[가-힣]+ )?(?:개발자|관리자|운영자|주인|창조자)",
    rf"인 ?(?:척|체|것처럼)\s?(?:[가-힣]+\s?)?{_END}|(?:가장|연기){_END}",
    # marks that part a prompt
    r"^\W*(?:새|새로운|숨은|비밀|시스템|관리자|개발자|진짜|실제) ?"
    r"(?:지시|명령|지침|임무|과제|프롬프트)(?: ?사항)?\s?[:：]",
    r"(?:근거|맥락|문맥|자료|프롬프트|시스템 (?:프롬프트|메시지))의? (?:끝|시작)\s?(?:[.:>#=]|$)",
    r"새(?:로운)? (?:임무|과제|지시|명령)\s?[:：]",
)


def is_order(text: str) -> bool:
    """Whether a sentence orders its reader what to say, or to forget what it was told."""
    text = text[:_LONGEST]
    low = text.lower()
    if any(_IMPERATIVE.match(low, start.end()) for start in _START.finditer(low)):
        return True
    if _SPEAKS.search(low) and _ANYWHERE.search(low):
        return True
    return _HANGUL.search(text) is not None and _KO.search(low) is not None
