"""Short templates, one for each thing that templates do, with what Jinja2 makes of them.

usage: make_snippets.py FILE

Writes a line of JSON for each: template, variables, and `text`, or `refused: true`.
"""
import json
import sys
from pathlib import Path

from render import render

MESSAGES = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Hello <b>'you'</b>\n"},
    {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": {"b": 1.5, "a": [True, None]}}}]},
    {"role": "tool", "content": "größer 😀"},
]
TOOLS = [
    {"type": "function", "function": {"name": "f", "description": "It's", "parameters": {"type": "object", "properties": {"b": {"type": "number"}, "a": {"type": ["array", "null"], "items": {"type": "string"}}}, "required": ["b"]}}},
    {"type": "code", "function": {"name": "G", "parameters": {}}},
]
VARIABLES = {
    "messages": MESSAGES,
    "tools": TOOLS,
    "nothing": None,
    "yes": True,
    "no": False,
    "n": 7,
    "x": 2.5,
    "big": 123456789012,
    "s": "Hello, World",
    "spaces": "  a b\tc\n ",
    "lines": "one\n\ntwo\n  three\n",
    "emoji": "a😀b",
    "numbers": [3, 1, 2],
    "words": ["b", "A", "c", "a"],
    "pairs": [["a", 1], ["b", 2]],
    "d": {"z": 1, "a": "two", "M": None, "items": 5},
    "empty": [],
    "mixed": [1, "a", None],
    "users": [{"name": "Al", "age": 3}, {"name": "Bo", "age": 1}, {"name": "al", "age": 2}, {"age": 9}],
    "tree": [{"v": 1, "c": [{"v": 2, "c": []}, {"v": 3}]}, {"v": 4}],
}

SNIPPETS = r"""
{{ s }} {{ n }} {{ x }} {{ yes }} {{ no }} {{ nothing }} {{ missing }}.
{{ numbers }} {{ d }} {{ messages }} {{ pairs }} {{ empty }} {{ mixed }}
{{ (1,) }} {{ (1, 2) }} {{ () }} {{ {1: 'a', 'b': none, false: 2.0} }} {{ [missing] }}
{{ "it's" }} {{ ["it's", 'say "x"', 'a\nb\t\\', 'é', '\x00\x7f'] }}
{{ 1.0 }} {{ 1e16 }} {{ 1e15 }} {{ 1.5e-5 }} {{ 0.0001 }} {{ 123456789.125 }} {{ 1e-7 }} {{ 1e100 }} {{ -0.0 }}
{{ 0x1f }} {{ 0b101 }} {{ 0o17 }} {{ 1_000 }} {{ 1_0.5 }} {{ 00 }}
{{ 'a' 'b' "c" }} {{ 'é' }} {{ '\u00e9\U0001F600\101\q\'' }}
{{ n + 1 }} {{ n - 1 }} {{ n * 2 }} {{ n / 2 }} {{ n // 2 }} {{ n % 4 }} {{ n ** 2 }} {{ -n // 2 }} {{ -n % 4 }} {{ 2 ** -1 }} {{ 2 ** 3 ** 2 }} {{ -2 ** 2 }} {{ 6 / 3 }} {{ 7.0 // 2 }} {{ +n }} {{ - x }}
{{ n / 0 }}
{{ n % 0 }}
{{ 'a' + 1 }}
{{ 'a' ~ 1 ~ none ~ true ~ 1.0 ~ [1] ~ missing }}
{{ 'a' * 3 }} {{ 3 * 'ab' }} {{ [1] * 2 }} {{ (1,) + (2,) }} {{ [1] + [2] }} {{ 'a' * -1 }} {{ true + 1 }}
{{ 'a' + missing }}
{{ missing + 1 }}
{{ none + 'a' }}
{{ 1 + 2 ~ 3 + 4 }}
{{ 1 ~ 2 * 3 }} {{ 'a' + 2 ~ 3 + 'b' }}
{{ '%s is %d, %5.2f|%-4s|%04d|%x|%%' % ('a', 3, 2.5, 'b', 7, 255) }} {{ '%s' % n }} {{ '%(a)s' % {'a': 1} }} {{ '%r' % 'q' }}
{{ '%d' % 'a' }}
{{ '%s %s' % 'a' }}
{{ 'a' % 1 }}
{{ 1 == 1.0 }} {{ true == 1 }} {{ 'a' == 'a' }} {{ [1, 2] == [1, 2] }} {{ [1] == (1,) }} {{ {'a': 1} == {'a': 1.0} }} {{ none == missing }} {{ missing == other }} {{ none == false }} {{ 0 == '' }}
{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 'a' < 'b' }} {{ 'Z' < 'a' }} {{ [1, 2] < [1, 3] }} {{ 1 != 2 }} {{ 2 >= 2 }} {{ '😀' > '\uffff' }}
{{ 1 < 'a' }}
{{ none < 1 }}
{{ missing < 1 }}
{{ 'b' in 'abc' }} {{ 1 in [1, 2] }} {{ 'z' in d }} {{ 'q' not in d }} {{ 1 in (1, 2) }} {{ 'a' in missing }} {{ 1.0 in [1] }} {{ missing in [1] }} {{ 3 in range(5) }} {{ 'z' in d.keys() }} {{ none in [none] }}
{{ 1 in 'abc' }}
{{ 'a' in none }}
{{ [1] in d }}
{{ not yes }} {{ not missing }} {{ yes and n }} {{ no or 'x' }} {{ empty or 'e' }} {{ not not n }} {{ yes and not no }} {{ nothing or missing or 0 }}
{{ 'a' if yes else 'b' }} {{ 'a' if no else 'b' }} {{ 'a' if no }}| {{ 'a' if no else 'b' if no else 'c' }} {{ ('a' if yes) ~ 'z' }}
{{ ('a' if no) + 'z' }}
{{ 'a' if yes is defined and n > 3 else 'b' }}
{{ s[0] }} {{ s[-1] }} {{ s[1:4] }} {{ s[::-1] }} {{ s[:-1] }} {{ s[10:] }} {{ emoji[1] }} {{ emoji[::-1] }} {{ numbers[1:] }} {{ numbers[::2] }} {{ numbers[-2:] }} {{ numbers[5:] }} {{ (1, 2, 3)[1:] }} {{ numbers[::-1] }} {{ numbers[2:0:-1] }}
{{ s[99] }}|{{ numbers[99] }}|{{ numbers.0 }}|{{ numbers['a'] }}|{{ nothing.a }}|{{ n.a }}|{{ d['q'] }}|{{ d.q }}|{{ d[missing] }}|{{ numbers[1.5] }}|{{ numbers[true] }}|{{ pairs.1.0 }}
{{ missing.a }}
{{ missing['a'] }}
{{ d.q.r }}
{{ nothing[1:] }}
{{ d[1:] }}
{{ missing() }}
{{ n() }}
{{ d.items() }} {{ d['items'] }} {{ d.keys() | list }} {{ d.values() | list }} {{ d.items() | list }} {{ d.get('z') }}{{ d.get('M', 1) }}{{ d.M is none }}{{ d['M'] }} {{ d.get('q') }} {{ d.get('q', 3) }} {{ d.copy() == d }} {{ d.keys() }} {{ d.items() | length }}
{{ d.get() }}
{{ d.get('q', default=3) }}
{{ s.strip(chars='H') }}
{{ d.update({'a': 1}) }}
{{ d.pop('z') }}
{{ numbers.append(1) }}
{{ numbers.append is defined }} {{ numbers.index(1) }} {{ words.count('a') }} {{ (1, 2, 1).count(1) }} {{ numbers.copy() }}
{{ numbers.index(9) }}
{{ s.upper() }} {{ s.lower() }} {{ s.title() }} {{ 'hELLO wORLD'.capitalize() }} {{ 'hELLO'.swapcase() }} {{ "they're bill's".title() }}
{{ spaces.strip() }}|{{ spaces.lstrip() }}|{{ spaces.rstrip() }}|{{ 'xxaxx'.strip('x') }}|{{ 'abcb'.rstrip('bc') }}|{{ '\ufeffa'.strip() | length }}|{{ '\x1ca\x85'.strip() }}
{{ s.split() }} {{ s.split(',') }} {{ 'a,b,c'.split(',', 1) }} {{ ' a  b c '.split() }} {{ ' a  b c '.split(none, 1) }} {{ ' a  b  c '.rsplit(none, 1) }} {{ 'a,b,c'.rsplit(',', 1) }} {{ 'a,b'.split(sep=',') }} {{ ''.split(',') }} {{ ''.split() }} {{ 'a,b,c'.split(',', maxsplit=0) }} {{ ' a b '.split(none, 0) }}
{{ s.split('') }}
{{ lines.splitlines() }} {{ lines.splitlines(true) }} {{ 'a\r\nb\x0bc'.splitlines() }}
{{ s.replace('l', 'L') }} {{ s.replace('l', 'L', 1) }} {{ 'ab'.replace('', '-') }} {{ 'ab'.replace('', '-', 2) }} {{ 'a.b$&'.replace('.', '$&') }}
{{ s.startswith('He') }} {{ s.startswith(('x', 'H')) }} {{ s.endswith('ld') }} {{ s.startswith('l', 2) }} {{ s.endswith('') }}
{{ s.startswith(1) }}
{{ s.find('o') }} {{ s.rfind('o') }} {{ s.find('q') }} {{ s.index('W') }} {{ s.count('l') }} {{ s.count('') }} {{ s.find('o', 5) }} {{ emoji.find('b') }}
{{ s.index('q') }}
{{ 'a'.isalpha() }} {{ '1'.isdigit() }} {{ 'a1'.isalnum() }} {{ ' '.isspace() }} {{ ''.isspace() }} {{ 'A'.isupper() }} {{ 'a1'.islower() }} {{ '1'.islower() }} {{ 'é'.isascii() }} {{ ''.isascii() }}
{{ 'a'.ljust(3) }}|{{ 'a'.rjust(3, '.') }}|{{ 'a'.center(4) }}|{{ 'ab'.center(5) }}|{{ '-5'.zfill(4) }}|{{ '5'.zfill(3) }}|{{ 'abc'.center(2) }}|{{ 'abc'.center(6, '*') }}
{{ 'a-b-c'.partition('-') }} {{ 'a-b-c'.rpartition('-') }} {{ 'abc'.partition('-') }} {{ 'abc'.rpartition('-') }} {{ 'abc'.removeprefix('a') }} {{ 'abc'.removesuffix('c') }} {{ ', '.join(words) }} {{ '-'.join('abc') }}
{{ ', '.join(numbers) }}
{{ '{} and {}'.format(1, 'b') }} {{ '{1}{0}'.format('a', 'b') }} {{ '{x}'.format(x=1.5) }} {{ '{:>5}|{:<5}|{:^5}|{:05d}|{:.2f}|{:,}|{!r}|{{}}'.format('a', 'b', 'c', 42, 1.239, 1234567, 'q') }} {{ '{:5}|{:5}'.format('a', 1) }} {{ '{:x}{:%}'.format(255, 0.5) }}
{{ '{}'.format() }}
{{ s.nope }}|{{ s.nope is defined }}|{{ s.upper is defined }}|{{ s.upper is callable }}
{{ s.nope() }}
{{ s | upper }} {{ s | lower }} {{ 'foo bar-baz (qux' | title }} {{ 'fOO' | capitalize }} {{ n | upper }} {{ none | upper }} {{ '' | capitalize }}
{{ spaces | trim }}| {{ 'xax' | trim('x') }} {{ none | trim }} {{ missing | trim }}|
{{ s | length }} {{ emoji | length }} {{ numbers | length }} {{ d | length }} {{ missing | length }} {{ numbers | count }} {{ range(3) | length }}
{{ none | length }}
{{ 5 | length }}
{{ tools | selectattr('type') | length }}
{{ missing | default('a') }} {{ none | default('a') }} {{ none | default('a', true) }} {{ '' | default('a', boolean=true) }} {{ d.q | d(1) }} {{ missing | default }}|
{{ words | join }} {{ words | join(', ') }} {{ numbers | join('-') }} {{ users | join(',', attribute='age') }} {{ missing | join(',') }}| {{ d | join(',') }} {{ 'abc' | join('.') }} {{ [1, none, 2.0] | join(' ') }}
{{ none | join }}
{{ numbers | first }} {{ numbers | last }} {{ empty | first }}| {{ 'abc' | first }} {{ 'abc' | last }} {{ d | first }} {{ missing | first }}| {{ tools | map(attribute='type') | first }}
{{ tools | map(attribute='type') | last }}
{{ numbers | sort }} {{ words | sort }} {{ words | sort(case_sensitive=true) }} {{ numbers | sort(reverse=true) }} {{ users | selectattr('name', 'defined') | sort(attribute='name') | map(attribute='age') | list }} {{ users | sort(attribute='age') | map(attribute='age') | join }} {{ pairs | sort(attribute='1', reverse=true) }} {{ 'cab' | sort }}
{{ mixed | sort }}
{{ users | sort(attribute='name') }}
{{ d | dictsort }} {{ d | dictsort(true) }} {{ {'b': 1, 'a': 2} | dictsort(by='value') }} {{ {'b': 1, 'a': 2} | dictsort(reverse=true) }} {{ d | dictsort | map('first') | list }}
{{ d | dictsort(by='value') }}
{{ numbers | dictsort }}
{{ words | unique | list }} {{ words | unique(true) | list }} {{ users | unique(attribute='age') | list | length }} {{ [1, 1.0, true, 2] | unique | list }}
{{ [[1], [1]] | unique | list }}
{{ numbers | min }} {{ numbers | max }} {{ words | min }} {{ words | max }} {{ [n, x] | min }} {{ users | max(attribute='age') }} {{ empty | min }}| {{ words | max(true) }}
{{ mixed | min }}
{{ numbers | sum }} {{ users | sum(attribute='age') }} {{ numbers | sum(start=10) }} {{ [1.5, 2] | sum }}
{{ words | sum }}
{{ numbers | map('string') | list }} {{ words | map('upper') | join }} {{ words | map('replace', 'a', 'x') | list }} {{ users | map(attribute='name', default='?') | list }} {{ users | map(attribute='name') | list | length }} {{ none | map('upper') | list }} {{ missing | map('upper') | list }} {{ tools | map(attribute='function.name') | list }} {{ pairs | map('first') | list }} {{ numbers | map('default', 1) | list }}
{{ numbers | map | list }}
{{ numbers | map('nope') | list }}
{{ numbers | select('odd') | list }} {{ numbers | reject('odd') | list }} {{ mixed | select | list }} {{ numbers | select('gt', 1) | list }} {{ numbers | select('in', [1, 2]) | list }} {{ numbers | reject('equalto', 2) | join(',') }} {{ mixed | select('string') | list }}
{{ tools | selectattr('type', 'equalto', 'code') | list | length }} {{ tools | rejectattr('type', 'eq', 'code') | list | length }} {{ tools | selectattr('function.description') | list | length }} {{ none | selectattr('a') | list }} {{ tools | selectattr('type', 'ne', 'code') | map(attribute='function.name') | join }} {{ [1, none] | selectattr('a', 'defined') | list }} {{ tools | selectattr('type', 'in', ['code']) | list | length }}
{{ tools | selectattr | list }}
{{ [missing] | selectattr('a') | list }}
{{ users | groupby('age') | length }} {% for g in [{'a': 1, 'b': 2}, {'a': 2, 'b': 3}, {'a': 1, 'b': 4}] | groupby('a') %}{{ g.grouper }}:{{ g.list | length }}:{{ g[0] }} {% endfor %}{% for k, v in words | map('upper') | groupby(0) %}{{ k }}{{ v }}{% endfor %}
{{ [1, 2, 3, 4, 5] | batch(2) | list }} {{ [1, 2, 3] | batch(2, 'x') | list }} {{ [1, 2, 3, 4, 5] | slice(3) | list }} {{ [1, 2, 3, 4] | slice(3, 'x') | list }}
{{ d | items | list }} {{ missing | items | list }}
{{ numbers | items | list }}
{{ 'abc' | list }} {{ d | list }} {{ (1, 2) | list }} {{ range(3) | list }} {{ numbers | reverse | list }} {{ 'abc' | reverse }} {{ missing | list }} {{ d | reverse | list }}
{{ none | list }}
{{ 5 | list }}
{{ n | string }} {{ d | string }} {{ none | string }} {{ x | string }} {{ missing | string }}| {{ true | string }} {{ numbers | string }} {{ s | string }}
{{ '42' | int }} {{ '4.9' | int }} {{ 'x' | int }} {{ 'x' | int(7) }} {{ 4.9 | int }} {{ -4.9 | int }} {{ true | int }} {{ none | int }} {{ ' 3 ' | int }} {{ '0x1f' | int(base=16) }} {{ '1_000' | int }} {{ '1e3' | int }} {{ [] | int(1) }} {{ 'ff' | int(0, 16) }}
{{ missing | int }}
{{ '1.5' | float }} {{ 'x' | float }} {{ 'x' | float(2) }} {{ 3 | float }} {{ '1e3' | float }} {{ 'inf' | float }} {{ '.5' | float }} {{ '5.' | float }} {{ none | float }} {{ '1_0.5' | float }} {{ '-' | float }}
{{ -5 | abs }} {{ (-5) | abs }} {{ (-2.5) | abs }} {{ 2.567 | round(2) }} {{ 2.5 | round }} {{ 3.5 | round }} {{ 2.1 | round(method='ceil') }} {{ 2.9 | round(0, 'floor') }} {{ 7 | round }} {{ 0.125 | round(2) }} {{ 1234.5 | round(-2) }} {{ 42 | round(1, 'ceil') }}
{{ 'a' | abs }}
{{ lines | indent }}| {{ lines | indent(2) }}| {{ lines | indent(2, true) }}| {{ lines | indent(2, blank=true) }}| {{ lines | indent('> ') }}| {{ 'a' | indent(first=true) }}| {{ '' | indent }}| {{ lines | indent(width=1, first=false) }}
{{ 5 | indent }}
{{ s | replace('l', 'L') }} {{ s | replace('l', 'L', 2) }} {{ 112 | replace(1, 3) }} {{ '<b>' | replace('b', 'i') }}
{{ 'Hello big wide world' | truncate(12) }} {{ 'Hello big wide world' | truncate(12, true) }} {{ 'Hello' | truncate(3) }} {{ 'Hello big wide world' | truncate(9, end='', leeway=0) }} {{ 'Hello' | truncate(255) }}
{{ 'a b  c-d' | wordcount }} {{ 'a b/c?d=é' | urlencode }} {{ {'a b': 1} | urlencode }} {{ 'ab' | center(6) }}| {{ '%s-%s' | format(1, 'b') }} {{ '%(a)s' | format(a=1) }}
{{ '<a href="x">\'&' | escape }} {{ '<' | e }} {{ '<' | safe }} {{ ('<' | safe) + '<' }} {{ '<' + ('<' | safe) }} {{ '<' ~ ('<' | safe) }} {{ ('<' | escape) + '<' }} {{ ('<' | safe) is string }} {{ ('<' | safe) is escaped }} {{ ['<' | safe, '<'] | join }} {{ '<' | safe | length }} {{ '<' | e | e }}
{{ tools | tojson }}
{{ messages | tojson(indent=2) }}
{{ d | tojson(indent=4) }} {{ {} | tojson(indent=2) }} {{ [] | tojson(indent=2) }} {{ [[], {}] | tojson(indent=1) }} {{ d | tojson(separators=(',', ':')) }} {{ d | tojson(indent=2, separators=(', ', ' : ')) }} {{ d | tojson(sort_keys=true) }} {{ d | tojson(indent='\t') }} {{ d | tojson(indent=0) }}
{{ 'é😀"\\\n\t\x01\x7f</script>' | tojson }} {{ 'é😀\x7f' | tojson(ensure_ascii=true) }} {{ 'é' | tojson(true) }} {{ 1.0 | tojson }} {{ 1e20 | tojson }} {{ none | tojson }} {{ true | tojson }} {{ (1, 2) | tojson }} {{ {1: 2, none: 3, false: 4} | tojson }} {{ '' | tojson }}
{{ missing | tojson }}
{{ d.items() | tojson }}
{{ [missing] | tojson }}
{{ n is defined }} {{ missing is defined }} {{ missing is undefined }} {{ d.q is defined }} {{ d.q is not defined }} {{ none is none }} {{ n is none }} {{ n is not none }}
{{ n is number }} {{ x is number }} {{ yes is number }} {{ s is number }} {{ n is integer }} {{ yes is integer }} {{ x is integer }} {{ x is float }} {{ n is float }} {{ yes is boolean }} {{ n is boolean }} {{ yes is true }} {{ 1 is true }} {{ no is false }}
{{ s is string }} {{ n is string }} {{ d is mapping }} {{ numbers is mapping }} {{ numbers is sequence }} {{ s is sequence }} {{ d is sequence }} {{ n is sequence }} {{ missing is sequence }} {{ (1,) is sequence }} {{ d.items() is sequence }} {{ range(2) is sequence }} {{ none is sequence }}
{{ numbers is iterable }} {{ s is iterable }} {{ d is iterable }} {{ n is iterable }} {{ missing is iterable }} {{ none is iterable }} {{ d.items() is iterable }} {{ (numbers | map('string')) is iterable }}
{{ 3 is odd }} {{ 3 is even }} {{ 6 is divisibleby(3) }} {{ 6 is divisibleby 4 }} {{ -3 is odd }} {{ n is sameas n }} {{ none is sameas none }} {{ yes is sameas true }} {{ 1 is sameas true }}
{{ 'a' is odd }}
{{ n is eq 7 }} {{ n is equalto(7) }} {{ n is ne 7 }} {{ n is gt 3 }} {{ n is lessthan 3 }} {{ n is ge(7) }} {{ n is le 6 }} {{ n is in [7] }} {{ n is in([1]) }} {{ n is not in [7] }}
{{ n is == 7 }}
{{ 'abc' is lower }} {{ 'ABC' is upper }} {{ 'Abc' is lower }} {{ '' is lower }} {{ range is callable }} {{ s is callable }}
{{ n is nope }}
{{ n | nope }}
{% if no %}{{ n | nope }}{% endif %}ok
{% if no %}{% for a in [1] %}{{ n | nope }}{% endfor %}{% endif %}ok
{{ (n | nope) if no else 'ok' }}
{% for a in [] %}{{ n | nope }}{% endfor %}ok
{% if yes %}{{ n | nope }}{% endif %}
{% if no %}a{% elif n == 7 %}b{% else %}c{% endif %}{% if missing %}x{% else %}y{% endif %}{% if empty %}x{% endif %}{% if d %}z{% endif %}{% if 0.0 %}q{% endif %}{% if ' ' %}w{% endif %}
{% for i in numbers %}{{ i }}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.previtem }}{{ loop.nextitem }};{% endfor %}
{% for i in numbers %}{{ loop.cycle('a', 'b') }}{{ loop.changed(i > 1) }}{{ loop.depth }}{{ loop.depth0 }}{{ loop.nope }};{% endfor %}
{% for i in missing %}a{% else %}empty{% endfor %} {% for i in [] %}a{% else %}b{% endfor %} {% for c in 'ab' %}{{ c }}-{% endfor %} {% for k in d %}{{ k }}{% endfor %} {% for k, v in d.items() %}{{ k }}={{ v }},{% endfor %} {% for a, b in pairs %}{{ a }}{{ b }}{% endfor %} {% for (a, b), c in [((1, 2), 3)] %}{{ a }}{{ b }}{{ c }}{% endfor %}
{% for i in none %}{% endfor %}
{% for i in 5 %}{% endfor %}
{% for a, b in [[1, 2, 3]] %}{% endfor %}
{% for a, b in [[1]] %}{% endfor %}
{% for a, b in ['xy'] %}{{ a }}{{ b }}{% endfor %} {% for a, b in (1, 2), (3, 4) %}{{ a }}{{ b }}{% endfor %} {% for a in 1, 2 %}{{ a }}{% endfor %}
{% for i in numbers if i > 1 %}{{ loop.index }}/{{ loop.length }}:{{ i }} {% else %}none{% endfor %}{% for i in numbers if i > 9 %}{{ i }}{% else %}none{% endfor %}{% for m in messages if m.role != 'tool' and m.content is string %}{{ m.role }}{% endfor %}
{% for i in numbers %}{% if i == 1 %}{% continue %}{% endif %}{{ i }}{% endfor %} {% for i in numbers %}{% if i == 1 %}{% break %}{% endif %}{{ i }}{% else %}e{% endfor %} {% for i in numbers %}{% continue %}{% else %}e{% endfor %} {% for i in numbers %}{% for j in numbers %}{% if j == 1 %}{% break %}{% endif %}{{ i }}{{ j }} {% endfor %}{% endfor %}
{% for t in tree recursive %}{{ t.v }}({{ loop.depth }}{% if t.c %}{{ loop(t.c) }}{% endif %}){% endfor %}
{% for t in tree %}{{ loop(t.c) }}{% endfor %}
{% set a = 1 %}{% for i in numbers %}{{ a }}{% set a = i %}{{ a }}{% endfor %}{{ a }}
{% for i in numbers %}{% if loop.first %}{% set b = 'x' %}{% endif %}{{ b }}.{% endfor %}{{ b }}
{% set ns = namespace(a=1, b=[]) %}{% for i in numbers %}{% set ns.a = ns.a + i %}{% set ns.b = ns.b + [i] %}{% endfor %}{{ ns.a }}{{ ns.b }}{{ ns.q }}{{ ns.q is defined }}
{% set ns = namespace({'a': 1}) %}{{ ns.a }}{% set ns.c %}block{% endset %}{{ ns.c }}{{ ns }}
{% set d.q = 1 %}
{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set a, b = b, a %}{{ a }}{{ b }}{% set (x1, y1) = [3, 4] %}{{ x1 }}{{ y1 }}{% set t = 1, 2 %}{{ t }}{% set one = 1, %}{{ one }}
{% set a, b = [1] %}
{% set a %}<{{ n }}>{% set inner = 5 %}{% endset %}{{ a }}{{ inner }}{% set b | upper %}abc{% endset %}{{ b }}{% set c | trim | replace('a', 'b') %} aa {% endset %}{{ c }}{{ a | length }}
{% macro m(a, b=2, c=a) %}{{ a }}{{ b }}{{ c }};{% endmacro %}{{ m(1) }}{{ m(1, 3) }}{{ m(1, c=4) }}{{ m() }}{{ m(b=1, a=2) }}{{ m.name }}{{ m.arguments }}{{ m(none) }}{{ m(1, none) }}
{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}
{% macro m(a) %}{% endmacro %}{{ m(b=2) }}
{% macro m(a) %}{% endmacro %}{{ m(1, a=2) }}
{% macro m(a) %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, 3, z=4) }}{{ m(*[1, 2], **{'y': 1}) }}
{% macro m() %}[{{ caller() }}]{% endmacro %}{% call m() %}in{{ n }}{% endcall %}{% macro w(l) %}{% for i in l %}{{ caller(i) }}{% endfor %}{% endmacro %}{% call(v) w([1, 2]) %}<{{ v }}>{% endcall %}
{% macro m() %}{% endmacro %}{% call m() %}x{% endcall %}
{{ m(1) }}{% macro m(a) %}{{ a }}{% endmacro %}
{% macro a(n) %}{{ n }}{% if n > 0 %}{{ b(n - 1) }}{% endif %}{% endmacro %}{% macro b(n) %}.{{ a(n) }}{% endmacro %}{{ a(3) }}
{% set v = 1 %}{% macro m() %}{{ v }}{{ late }}{% endmacro %}{% set late = 'L' %}{{ m() }}{% for i in [5] %}{% set v = 9 %}{{ m() }}{% endfor %}{% set v = 2 %}{{ m() }}
{% macro m(x) %}{% set v = x %}{{ v }}{% endmacro %}{{ m(1) }}{{ v }}
{% for i in [1, 2] %}{% macro inner(a) %}{{ a }}{{ i }}{% endmacro %}{{ inner('x') }}{% endfor %}
{% macro m(l) %}{% for i in l %}{{ i }}{% endfor %}{% endmacro %}{{ m(numbers) | length }}{{ m(numbers) ~ '!' }}{% set r = m([1]) %}{{ r is string }}{{ m }}
{% filter upper %}a{{ s }}{% endfilter %}{% filter replace('a', 'b') | upper %}aab{% endfilter %}{% filter trim %}  x  {% endfilter %}
{% with a = 1, b = 2 %}{{ a }}{{ b }}{% endwith %}{{ a }}{% with %}{% set q = 1 %}{{ q }}{% endwith %}{{ q }}{% with a, b = [1, 2] %}{{ a }}{{ b }}{% endwith %}{% print n %}
{% generation %}{{ s }}{% set inside = 1 %}{% endgeneration %}{{ inside }}{%- generation -%}  x  {%- endgeneration -%}  y
{% for m in messages %}{% generation %}{{ loop.index }}{{ m.role }}{% endgeneration %}{% endfor %}
{% raw %}{{ n }}{% if %}{% endraw %}{%- raw -%}  {{ x }}  {%- endraw -%} z
{{ {'a': {'b': 1}}['a']['b'] }}{{ {'a':1}}}}{{ '}}' }}{{ "{%" }}
{% set x = {'a': [1, {'b': 2}]} %}{{ x.a[1].b }}{{ x['a'][0] }}{{ (x.a | last).b }}{{ x.a[-1]['b'] }}
{{ range(3) }} {{ range(1, 4) | list }} {{ range(5, 0, -2) | list }} {{ range(3)[1] }} {{ range(0) | list }} {{ range(3) | sum }} {{ range(2, 8)[1:3] | list }}
{{ range(100001) | length }}
{{ range(1, 2, 0) }}
{{ range('a') }}
{{ dict(a=1, b=2) }} {{ dict([('a', 1)]) }} {{ dict({'a': 1}, b=2) }} {% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.current }}{% set j = joiner() %}{{ j() }}a{{ j() }}b{% set k = joiner('|') %}{{ k() }}{{ k() }}
{{ raise_exception('no') }}
{{ strftime_now('%Y-%m-%d %d %B %b %A %a %H:%M:%S %j %y %I %p %e %-d %-m %%') }}
{{ undefined_function('x') }}
{% unknown %}
{% if yes %}
{% endif %}{% endif %}
{{ n
{{ 'a }}
{{ n | }}
{{ (1 }}
{% for %}
{% set %}
{% macro %}
{% for i in numbers %}
{% include 'x' %}
{{ a b }}
{{ 1 if }}
{{ $ }}
{# open
{{ true }}{{ True }}{{ none }}{{ None }}{{ false }}{{ False }}
{% set true = 1 %}
{{ s | upper | lower | title | replace('h', 'J') }}{{ s | upper() }}{{ (s | upper)[0] }}{{ s.upper()[0] | lower }}{{ numbers | sort | first + 1 }}
{{ -numbers | first }}
{{ numbers | sort(reverse=true) | first }}{{ [1, 2,] | length }}{{ {'a': 1,} }}{{ (1, 2,) }}
{{ messages[0]['content'] }}{{ messages[0].content }}{{ messages[-1]['role'] }}{{ messages | length }}{{ messages[1:] | length }}{{ messages[0].get('x', 'y') }}{{ messages[2].tool_calls[0].function.arguments | tojson }}{{ messages[2].content }}{{ messages[2].content is none }}
{% if messages[0]['role'] == 'system' %}{% set system = messages[0]['content'] %}{% set rest = messages[1:] %}{% else %}{% set rest = messages %}{% endif %}{{ system }}{% for m in rest %}<|{{ m['role'] }}|>{{ m['content'] | trim if m['content'] }}{% endfor %}
{{ tools | map(attribute='function') | map(attribute='parameters') | list | tojson }}{{ tools[0].function.parameters.properties.items() | list | length }}{{ tools[0].function.parameters.properties | dictsort | first | first }}
{{ loop }}|{{ caller }}|{{ varargs }}
{{ _private }}|{{ d.__class__ }}|{{ s.__len__ is defined }}
{{ s.__class__.__mro__ }}
{{ 10 ** 15 }} {{ big }} {{ big + 0.5 }}
{{ [1, 2] | first, 3 }}
{{ none is defined }} {{ nothing is defined and nothing is not none }} {{ missing is none }} {{ (missing or 'x') is string }}
{{ 'ß'.upper() }} {{ 'İ'.lower() | length }} {{ 'straße' | title }} {{ 'Σας'.lower() }}
{{ 'a' is string and 'b' is string or nope }} {{ 1 is number == true }} {{ not n is string }}
{{ n is string is false }}
{{ [n is string, n is number] }} {{ {'a': n is number} }} {{ (n is number) and s }}
"""


# Templates of several lines, with a line of equal signs between them.
BLOCKS = r"""
a  {#- c -#}  b {# d #} e {#
 f #}
g
====
a {%- if yes -%} b {%- endif -%} c {{- n -}} d
====
  {% if yes %}  
x
  {% endif %}
 y {% if yes %} z
 {% endif %}
====
{%+ if yes %}a{% endif +%}
b
    {%+ if yes +%}
c
{% endif %}
====
  {{ n }} 
{{ n }}

  {# c #}
x
====
a
{% if yes -%}

  b
{%- endif %}

c

====
{{ n -}}
 a
{{- n }}

b
====
x
	{% set a = 1 %}
	 {%- set b = 2 %}
  {#- comment -#}
  y {{ a }}{% if b %}

  z{% endif %}
====
{%- for message in messages %}
    {%- if message.role == 'user' %}
        {{- '<u>' + message.content + '</u>' }}
    {%- elif message.role == 'assistant' %}
        {{- '<a>' }}
        {%- for call in message.tool_calls %}
            {{- call.function | tojson }}
        {%- endfor %}
    {%- endif %}
{%- endfor %}
====
{% macro p(x) %}
  <{{ x }}>
{% endmacro %}
{% for i in numbers %}
  {{ p(i) }}
{% endfor %}
{% raw %}
  {% if %}
{% endraw %}
  end
"""


def snippets():
    yield from SNIPPETS.strip("\n").split("\n")
    for block in BLOCKS.strip("\n").split("\n====\n"):
        yield from (block, block + "\n", block.replace("\n", "\r\n"))


def case(template):
    """Why Jinja2 refuses one is not part of it, since the words are Python's."""
    made = render(template, VARIABLES)
    return {"template": template, "text": made["text"]} if "text" in made else {"template": template, "refused": True}


if __name__ == "__main__":
    lines = [{"variables": VARIABLES}, *(case(template) for template in snippets())]
    Path(sys.argv[1]).write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
