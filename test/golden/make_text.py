"""Golden data for text: chat-template constructs under Jinja, and tokenizers of other designs than Qwen2's.

    pip install transformers==5.23.0 tokenizers jinja2
    python make_text.py --out .          (no torch needed)
"""
import argparse
import json
import random
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoTokenizer, PreTrainedTokenizerFast
from transformers.utils.chat_template_utils import render_jinja_template

USER = [{"role": "user", "content": "hi"}]
LONG = [
    {"role": "system", "content": " Be brief.\n"},
    {"role": "user", "content": "What is 2+2?"},
    {"role": "assistant", "content": "<think>\n 4 \n</think>\n\n  It is 4.\n"},
    {"role": "user", "content": "Sure?"},
]
CALLS = [
    {"role": "user", "content": "Add 1 and 2"},
    {"role": "assistant", "content": None,
     "tool_calls": [{"type": "function", "function": {"name": "add", "arguments": {"a": 1, "b": [2.5, True, None, "é<"]}}}]},
    {"role": "tool", "content": "3"},
    {"role": "assistant", "content": "3", "reasoning": "\nthe tool said so\n"},
]
TOOLS = [{"type": "function", "function": {"name": "add", "description": "Adds é & <b>", "parameters": {
    "type": "object", "properties": {"a": {"type": "integer", "default": None, "enum": [1, 2]}}, "required": []}}}]

PRINTED = """true false none True 1 1.0 1.5 0.1+0.2 [1,2] [] {} {'a':1} {'a':{'b':[1]}} (1,2) 'x' undefined_name 1/2 4/2 7//2 -7//2 -7%3 7%3
2**10 2**-1 7.5//2 10%4.5 'a'~1~none~true~1.0~[1] 'ab'*3 -1 --1 1==1.0 '1'==1 true==1 none==undefined_name undefined_name==undefined_name
[1]==[1] [1]==(1,2) {'a':1}=={'a':1} {'a':1}=={'a':2} 'a'<'b' 'b'<='a' '\\uffff'<'\\U0001F600' [1]!=[2] 1!=1.0 'a'[0] 'abc'[-1] 'abc'[5] 'abc'[1:]
'abc'[:-1] 'abc'[::-1] 'é😀x'[::-1] [1,2,3][::2] [1,2,3][-2:] [1,2,3][5] 1/3 'é😀'|length ''~undefined_name none|string true|string
[1,'a']|string 1.0|string {'a':none}|string ['a',"b'c",none,true,1.5] "it's" ['a\\nb\\t\\x00é\\u200b😀'] ["'\\""] 1000000*1000000 1.5e0~''""".split()
PRINTED = [e for e in PRINTED if "e0" not in e and "\\U" not in e and "--" not in e] + [
    "1 if true else 2", "1 if false", "none is none", "not true", "1 in [1,2]", "'1' in [1,2]", "[1] in [[1]]", "none in [none]", "'a' in 'abc'",
    "'a' in {'a':1}", "'z' not in 'abc'", "3 not in (1,2)", "'x' and 'y'", "'' or 'z'", "0 or none", "[] or 'q'", "1 and 0", "not 1 == 2",
    "1 + 2 * 3 - 4 / 2", "(1 + 2) * 3", "-2 ** 2", "'a' ~ 'b'", "[1, 2, ]", "{'a': 1, }", "'x'|upper + 'y'", "-1|abs", "('a' if false) ~ 'b'",
    "'a' + 'b' ~ 3", "'\\t|\\\\|\\'|\\\"'",
]
FILTERED = """'  a '|trim '\\x1f\\x85a\\ufeff'|trim 'xxaxx'|trim('x') ' \\n'|trim '\\n\\n'.strip('\\n') '\\n\\na\\n'.lstrip('\\n') 'a\\n\\n'.rstrip('\\n')
'xyaxy'.strip('xy') 'a\\ufeff'.strip() 'a,b,c'.split(',') 'a,b,c'.split(',',1) 'a,b'.split(',')[-1] 'Hello'.upper() 'ß'.upper() 'A'.lower()
'hELLO'.capitalize() 'hELLO'|capitalize 'abc'.startswith('a') 'abc'.endswith(('b','c')) 'abc'.replace('b','X') 'aaa'.replace('a','b',2)
'aaa'|replace('a','b',1) 'abc'.find('c') 'abc'.find('z') '😀bcb'.rfind('b') '-'.join(['a','b']) ['a','b']|join('-') [1,2]|join(',') [1,none,true]|join('-')
[{'a':1},{'a':2}]|join(',',attribute='a') 'pre-x'.removeprefix('pre-') 'x.py'.removesuffix('.py') [3,1,2]|sort ['b','A','c']|sort
[3,1,2]|sort(reverse=true) [{'n':'b'},{'n':'a'}]|sort(attribute='n') [1,2,3]|first [1,2,3]|last 'abc'|first 'abc'|last []|first [1,2]|length 'abc'|length
{'a':1}|length [1,2]|count 'abc'|list {'a':1,'b':2}|list (1,2)|list [1,1,2]|unique|list [1,2]|reverse|list [{'a':1},{'a':2}]|map(attribute='a')|list
[{'a':{'b':1}},{}]|map(attribute='a.b',default=0)|list ['a','b']|map('upper')|list [1,2,3]|select('odd')|list [1,2,3]|reject('equalto',2)|list [0,1,none]|select|list
[{'a':1},{'a':0}]|selectattr('a')|list [{'a':1},{'a':2}]|selectattr('a','equalto',2)|list [{'a':1},{'b':2}]|selectattr('a','defined')|list
[{'r':'u'},{'r':'s'}]|rejectattr('r','eq','s')|list [{'r':'u'},{'r':'s'}]|selectattr('r','in',['s'])|list undefined_name|default('d') none|default('d')
''|default('d',true) none|default('d',true) '5'|int '5.7'|int 'x'|int 'x'|int(3) 5.9|int -5.9|int '12abc'|int '5.5'|float 'x'|float 3|float true|int -3|abs
'a'|safe 'a\\nb'|indent 'a\\nb'|indent(2,true) 'a\\n\\nb'|indent(2,blank=true) {'b':1}.keys()|list {'b':1}.values()|list {'a':1}.get('a') {'a':1}.get('z')
{'a':1}.get('z','d') {'a':1}['a'] {'a':1}.a {'a':1}.z {'a':1}['z'] {'items':1}['items'] range(3)|list range(1,7,2)|list range(3,0,-1)|list {'a':1}|tojson
[1,2.0,none,true,'é<>&"\\n\\u2028\\x7f']|tojson {'b':1,'a':[1,{}]}|tojson(indent=2) {'b':1,'a':[]}|tojson(sort_keys=true) ['é']|tojson(ensure_ascii=true)
['😀\\x7f']|tojson(ensure_ascii=true) [1,2]|tojson(separators=(',',':')) {'a':[1,2]}|tojson(indent=4,separators=(',',':')) []|tojson(indent=2) 1.0|tojson
[1,[2]]|tojson(indent=0) 100000000000000000000.0|tojson 0.00001|tojson 'a/b'|tojson (1,2)|tojson {'a':1}|tojson(true) 'x'|tojson|safe [1,[2,[3]]]|tojson(indent=1)
undefined_name|length undefined_name|list""".split()
FILTERED += ["' A b'.strip()", "'\\n a\\n '.lstrip('\\n')", "'a b  c'.split()", "'hello world'.title()", "' \\n a b '|trim", "'a <b> </b> c'.split('</b>')[-1].lstrip('\\n')"] + [
    f"{a} is {b}" for a, b in [
        ("1", "odd"), ("2", "even"), ("'a'", "string"), ("1", "number"), ("1.0", "float"), ("1", "integer"), ("true", "boolean"), ("true", "number"),
        ("true", "integer"), ("none", "none"), ("{}", "mapping"), ("[]", "sequence"), ("'a'", "sequence"), ("[]", "iterable"), ("(1,2)", "iterable"),
        ("{}", "iterable"), ("1", "iterable"), ("range", "callable"), ("undefined_name", "defined"), ("undefined_name", "undefined"), ("true", "true"),
        ("1", "true"), ("false", "false"), ("'a'", "lower"), ("'A'", "upper"), ("'a'", "not string"), ("messages[0].z", "defined"), ("none", "not none")]]

BLOCKS = [
    "{% set x=1 %}{% for i in [1,2] %}{% set x=i %}{{x}}{% endfor %}{{x}}", "{% for i in [1,2,3] %}[{{y}}{% set y=i %}]{% endfor %}",
    "{% for i in [1,2,3] %}a{{i}}{% if i==2 %}{% break %}{% endif %}b{% endfor %}c",
    "{% for i in [1,2,3] %}a{{i}}{% if i==2 %}{% continue %}{% endif %}b{% endfor %}c", "{% for i in [] %}x{% else %}none{% endfor %}",
    "{% for i in [1] %}{% continue %}{% else %}none{% endfor %}", "{% for i in [1] %}{% break %}{% else %}none{% endfor %}",
    "{% for i in [1,2,3] if i>1 %}{{i}}{{loop.index}}{{loop.last}}{% endfor %}", "{% for k,v in {'a':1}.items() %}{{k}}={{v}}{% endfor %}",
    "{% for k in {'a':1} %}{{k}}{% endfor %}", "{% for c in 'a😀' %}{{c}}-{% endfor %}", "{% for a,b in [(1,2),[3,4]] %}{{a}}{{b}}{% endfor %}",
    "{% for i in [1,2] %}{{loop.previtem}}|{{loop.nextitem}}|{{loop.revindex}}{{loop.revindex0}}{{loop.length}}{{loop.first}}{{loop.index0}}{% endfor %}",
    "{% for a in [1,2] %}{% for b in [1,2] %}{{loop.index}}{% if b==1 %}{% continue %}{% endif %}!{% endfor %}{{loop.index}}{% endfor %}",
    "{% set ns=namespace(x=0) %}{% for i in [1,2] %}{% set ns.x=ns.x+i %}{% endfor %}{{ns.x}}", "{% set namespace=3 %}{{namespace}}",
    "{% macro m(a,b=2) %}{{a}}-{{b}}-{{true}}{% endmacro %}{{m(1)}} {{m(1,b=none)}}", "{% macro m() %}<{{caller()}}>{% endmacro %}{% call m() %}in{{none}}{% endcall %}",
    "{% macro m() %}{{ kwargs }}{{ varargs|length }}{% endmacro %}{{ m(1, a=2) }}", "{% filter upper %}abc{{true}}{% endfilter %}", "{% filter trim %} a {% endfilter %}|",
    "{% set x %}a {{true}}{% endset %}{{x|upper}}", "{% set a,b=1,2 %}{{a}}{{b}}", "{% if 0 %}a{% elif '' %}b{% else %}c{% endif %}",
    "{% if [] %}a{% elif {} %}b{% elif none %}c{% elif 0.0 %}d{% elif ' ' %}e{% endif %}", "  {% if true %}\n  a\n  {% endif %}\nb\n",
    "a\n  {%- if true -%}\n  b  \n {%- endif %}\n c", "{# c #}\nx{#- d -#} y", "{{ 'a' }}\n{{ 'b' }}\n", "x\n\n", "-}\ny", "  {-\n", "{{ '{%' }}\n{{ '-}\n' }}z",
    "\t {% set x=1 %}\n\t{{x}}", "a\n  {%+ if true %}b{% endif %}", "{% if true +%}\nb{% endif %}", "a\r\n{% if true %}\r\nb{% endif %}\r\n",
    "{% generation %}abc{% endgeneration %}", "{% set x = [] %}{% set x = x + [1] %}{{x}}", "{{ messages[0]['content'] }}{{ messages[-1].role }}",
    "{{ messages|length }}{{ messages[0].missing }}", "{{ messages[0].get('x','d') }}", "{% if messages[0].missing is defined %}a{% else %}b{% endif %}",
    "{% if tools is none %}n{% endif %}{% if tools is defined %}d{% endif %}{% if documents is none %}N{% endif %}", "{{ bos_token }}|", "{{ strftime_now('%Y')|length }}",
    "{{ raise_exception('no ' ~ messages[0].role) }}", "{% set rest = messages[1:] %}{{rest}}", "{{ messages }}", "{{ messages|tojson }}", "{{ messages[5] }}",
    "{{ messages[5].x }}", "{{ undefined_name.x }}", "{{ undefined_name.x is defined }}", "{{ undefined_name|tojson }}", "{{ 'a' + 1 }}", "{{ none + 'a' }}", "{{ 1 + '1' }}",
    "{{ {}.x.y }}", "{% for m in undefined_name %}x{% endfor %}", "{% for m in none %}x{% endfor %}", "{% for m in 3 %}x{% endfor %}", "{{ 1|nosuchfilter }}", "{{ 1 is nosuchtest }}",
    "{% nosuch %}", "{{ ", "{% if true %}a", "{% endif %}", "{{ 'a'.nosuch() }}", "{{ [1].foo }}", "{{ nosuchfn() }}", "{{ 1/0 if false }}", "{{ 1%0 }}", "{{ range(10**6)|list }}",
    "{%- for m in messages -%}{{ m.role }}{%- endfor -%}", "{{- 'a' -}}  b", "a {{- 'b' }}  c", "{% set x = 'a' if messages|length > 1 else 'b' %}{{x}}",
    "{{ 'a'|default('x')|upper }}", "{{ messages|map(attribute='content')|join(' ') }}", "{{ messages|selectattr('role','equalto','user')|map(attribute='content')|first }}",
    "{{ (messages|last).content }}", "{% set text = messages[0].content %}{% if '</think>' in text %}x{% else %}{{text}}{% endif %}",
    "{% for m in messages %}{{ m.role }}{% for n in messages if n.role != m.role %}{{ n.content }}{% else %}alone{% endfor %}{% endfor %}",
]

TEMPLATES = [
    # Reasoning is cut from earlier turns, with the string methods that Qwen3's template uses.
    "{%- set last = namespace(index=0) %}\n{%- for m in messages %}\n    {%- if m.role == 'user' %}\n        {%- set last.index = loop.index0 %}\n    {%- endif %}\n{%- endfor %}\n"
    "{%- for m in messages %}\n    {%- set content = m.content if m.content is string else '' %}\n    {%- if '</think>' in content %}\n"
    "        {%- set thought = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}\n"
    "        {%- set content = content.split('</think>')[-1].lstrip('\\n') %}\n        {%- if loop.index0 > last.index %}\n            {{- '[' + thought.strip('\\n') + ']' }}\n        {%- endif %}\n"
    "    {%- endif %}\n    {{- '<' + m.role + '>' + content + m.reasoning_content|default('')|trim }}\n{%- endfor %}\n"
    "{%- if add_generation_prompt %}\n    {{- '<assistant>' }}\n    {%- if enable_thinking is defined and enable_thinking is false %}\n        {{- '<think></think>' }}\n    {%- endif %}\n{%- endif %}\n",
    # Tools as indented JSON, dates, roles checked with raise_exception.
    "{{ bos_token }}\n{%- if not date is defined %}\n    {%- set date = '1 Jan 2026' %}\n{%- endif %}\n{{ 'Date: ' + date + '\\n' }}\n"
    "{% if tools is not none %}\n{% for t in tools %}\n{{ t | tojson(indent=4) }}\n\n{% endfor %}\n{% endif %}\n"
    "{% for m in messages %}\n  {% if 'tool_calls' in m %}\n    {% if m.tool_calls|length != 1 %}{{ raise_exception('one call only') }}{% endif %}\n"
    "    {%- set call = m.tool_calls[0].function %}\n{\"name\": {{ call.name | tojson }}, \"arguments\": {{ call.arguments | tojson }}}\n"
    "  {% elif m.role not in ['user', 'assistant', 'system', 'tool'] %}\n    {{ raise_exception('unknown role ' + m.role) }}\n  {% else %}\n{{ m.role }}: {{ m.content | trim }}{{ eos_token }}\n  {% endif %}\n{% endfor %}\n",
    # Lists of parts, alternation, and whatever is not text printed as Python prints it.
    "{% for m in messages %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must alternate') }}{% endif %}{{ m }}{{ m.content is string }}\n{% endfor %}",
]

PIECES = ["'s", "'S", "'re", "'LL", "ſ", "ß", " ", "  ", "\n", "\r\n", "\t", "\u00a0", "\u200b", "\ufeff", "\x85", "\u2028", "12", "3", "٣", "²", "½", "a", "B", "é", "e\u0301", "Å",
          "你好", "Привет", "😀", "👨\u200d👩\u200d👧", "\\boxed{", "}", "...", "?!", "_", "<x>", "<|eot|>", "<s>", "</s>", "<unk>", "<|", "<0x41>", "▁", "Ġ", "What is ", "answer", "1234567",
          "\x00", "\x7f", "ﬁ", "한글", "\u1112\u1161\u11ab", "हिन्दी", "Ⅷ", "ǅ", "İ", "x"]


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, indent=0, allow_nan=False) + "\n")


def render(template, messages, options):
    case = {"template": template, "messages": messages, "options": options}
    try:
        rendered, _ = render_jinja_template([messages], chat_template=template, **options)
        return {**case, "text": rendered[0]}
    except Exception as error:  # whatever Jinja raises, our side has to refuse too
        return {**case, "error": type(error).__name__}


def template_cases():
    cases = [render("{{ " + expression + " }}", USER, {}) for expression in PRINTED + FILTERED]
    cases += [render(block, USER, {}) for block in BLOCKS]
    for template in TEMPLATES:
        for messages in (USER, LONG, CALLS, [{"role": "nobody", "content": "x"}], [{"role": "user", "content": ["a", {"b": None}]}]):
            for options in ({}, {"add_generation_prompt": True, "enable_thinking": False}, {"tools": TOOLS, "bos_token": "<s>", "eos_token": "</s>", "date": "2 Feb"}):
                cases.append(render(template, messages, options))
    cases += [render("{{x}}|{{x|tojson}}", USER, {"x": x}) for x in (3, 2.5, True, None, "a", [1, {"a": None}], {"k": [0.1]})]
    return cases


def corpus(rng, size=500):
    for _ in range(size):
        a, b = rng.randint(0, 99999), rng.randint(1, 999)
        yield f"What is {a} + {b}? Don't WE'LL I'm café 你好 Привет  the answer is \\boxed{{{a + b}}}.\n\nThen {a} * {b}."


def byte_level(rng):
    """Numbers in groups of up to three digits, a first token added by a template, merges ignored for whole words."""
    split = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
    tok = Tokenizer(models.BPE(ignore_merges=True))
    tok.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(split), behavior="isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tok.decoder = decoders.ByteLevel()
    tok.train_from_iterator(corpus(rng), trainers.BpeTrainer(vocab_size=400, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    tok.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in ("<s>", "<|eot|>")])
    tok.add_tokens([AddedToken("<x>", lstrip=True, rstrip=True, normalized=False)])
    first = tok.token_to_id("<s>")
    tok.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", first)])])
    return PreTrainedTokenizerFast(tokenizer_object=tok, bos_token="<s>", eos_token="<|eot|>", clean_up_tokenization_spaces=True)


def byte_fallback(rng):
    """Words marked with U+2581, bytes for what the vocabulary lacks."""
    bytes_ = [f"<0x{i:02X}>" for i in range(256)]
    tok = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tok.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tok.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    tok.train_from_iterator(corpus(rng), trainers.BpeTrainer(vocab_size=400, special_tokens=["<unk>", "<s>", "</s>", *bytes_], show_progress=False))
    saved = json.loads(tok.to_str())
    saved["added_tokens"] = [t for t in saved["added_tokens"] if t["content"] not in bytes_]
    tok = Tokenizer.from_str(json.dumps(saved))
    tok.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)])
    return PreTrainedTokenizerFast(tokenizer_object=tok, bos_token="<s>", eos_token="</s>", unk_token="<unk>", clean_up_tokenization_spaces=False)


def characters(rng):
    """A small alphabet without merges; what it lacks is dropped. The plain space is a token that stands for no byte."""
    alphabet = "0123456789+-*/=?().,\\{}abcdefghijklmnopqrstuvwxyzSW ĊĠ"
    tok = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(alphabet)}, merges=[]))
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tok.decoder = decoders.ByteLevel()
    tok.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in ("<|pad|>", "<|eot|>")])
    tok.add_tokens([AddedToken("<x>", normalized=False)])
    return PreTrainedTokenizerFast(tokenizer_object=tok, eos_token="<|eot|>", pad_token="<|pad|>")


def tokenizer_cases(out):
    for build in (byte_level, byte_fallback, characters):
        folder = out / build.__name__.replace("_", "-")
        build(random.Random(5)).save_pretrained(folder)
        tokenizer = AutoTokenizer.from_pretrained(folder)
        rng = random.Random(11)
        texts = ["".join(rng.choice(PIECES) for _ in range(rng.randint(1, 8))) for _ in range(150)]
        encoded = [{"text": text, "ids": tokenizer(text, add_special_tokens=False)["input_ids"], "ids_with_special": tokenizer(text)["input_ids"]} for text in texts]
        ids = [[rng.randrange(len(tokenizer) + 5) for _ in range(rng.randint(0, 10))] for _ in range(100)] + [case["ids"] for case in encoded]
        decoded = [{"ids": i, "text": tokenizer.decode(i), "text_skip_special": tokenizer.decode(i, skip_special_tokens=True)} for i in ids]
        write_json(folder / "cases.json", {"vocab_size": len(tokenizer), "encode": encoded, "decode": decoded})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True, type=Path)
    out = parser.parse_args().out / "text"
    write_json(out / "templates.json", {"cases": template_cases()})
    tokenizer_cases(out / "tokenizers")


if __name__ == "__main__":
    main()
