"""PNML as others write it: read right, or refused with a sentence."""

from __future__ import annotations

import pytest

from oyiflow.verify.nets import Kind, Net, UnreadableNet, read_pnml, soundness

STANDARD = """<?xml version="1.0" encoding="UTF-8"?>
<pnml xmlns="http://www.pnml.org/version-2009/grammar/pnml">
 <net id="n" type="http://www.pnml.org/version-2009/grammar/ptnet"><name><text>Both</text></name>
  <page id="top">
   <place id="i"><name><text>开始</text><graphics><offset x="1" y="2"/></graphics></name><initialMarking><text> 1 </text></initialMarking></place>
   <place id="o"/>
   <transition id="split"><toolspecific tool="x" version="1"><place id="none"/><text>9</text></toolspecific></transition>
   <page id="inner"><place id="a"/><place id="b"/>
    <referencePlace id="ra" ref="a"/><referencePlace id="rra" ref="ra"/>
    <transition id="join"/><referenceTransition id="rj" ref="join"/></page>
   <arc id="1" source="i" target="split"/><arc id="2" source="split" target="rra"><inscription><text>2</text></inscription></arc>
   <arc id="3" source="split" target="b"/><arc id="4" source="a" target="rj"><inscription><text>2</text></inscription></arc>
   <arc id="5" source="b" target="rj"/><arc id="6" source="join" target="o"/>
  </page></net></pnml>"""


def net_of(inside: str, after: str = "") -> Net:
    return read_pnml(f'<pnml><net id="n" type="ptnet">{inside}</net>{after}</pnml>')


def arcs(*pairs: str) -> str:
    return "".join(f'<arc id="{n}" source="{p.split(">")[0]}" target="{p.split(">")[1]}"/>' for n, p in enumerate(pairs))


PLAIN = '<place id="i"/><place id="o"/><transition id="t"/>' + arcs("i>t", "t>o")


def test_the_standard_with_pages_and_references() -> None:
    net = read_pnml(STANDARD)
    assert (net.places, net.transitions) == (("i", "o", "a", "b"), ("split", "join"))
    assert net.inputs == (((0, 1),), ((2, 2), (3, 1))) and net.outputs == (((2, 2), (3, 1)), ((1, 1),))
    assert net.initial == ((0, 1),) and net.shown("i") == "开始" and net.shown("o") == "o"
    assert soundness(net).sound and read_pnml(STANDARD.encode()) == net


def test_final_markings_of_process_miners() -> None:
    after = '<finalmarkings><marking><place idref="o"><text>1</text></place><place idref="i"><text>0</text></place></marking></finalmarkings>'
    for net in (net_of(PLAIN + after), net_of(PLAIN, after)):
        assert net.finals == (((1, 1),),) and soundness(net).sound
    assert net_of(PLAIN + "<finalmarkings><marking/></finalmarkings>").finals == ()


def test_comments_that_xml_forbids_are_forgiven() -> None:
    text = f"<pnml><!-- Model.10--u--\n--><net id='n'>{PLAIN}</net></pnml>"
    assert soundness(read_pnml(text)).sound
    with pytest.raises(UnreadableNet) as found:
        read_pnml(text.replace("</net>", "\n</not>"))
    assert found.value.line == 3


def test_arcs_between_the_same_two_add_up() -> None:
    assert net_of(PLAIN + '<arc id="x" source="i" target="t"/>').inputs == (((0, 2),),)


@pytest.mark.parametrize("text", ["2", " 2\n", "Default,2", "2.0"])
def test_numbers_as_editors_write_them(text: str) -> None:
    net = net_of(
        PLAIN.replace('<place id="i"/>', f'<place id="i"><initialMarking><text>{text}</text></initialMarking></place>')
    )
    assert net.initial == ((0, 2),)
    value = net_of(
        PLAIN.replace('<place id="i"/>', f'<place id="i"><initialMarking><value>{text}</value></initialMarking></place>')
    )
    assert value.initial == ((0, 2),)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not readable as XML"),
        ("<pnml>", "not readable as XML"),
        ("<pnml/>", "no net"),
        ('<pnml><net id="n"/></pnml>', "empty"),
        ('<pnml><net id="n"><place/></net></pnml>', "id is missing"),
        ('<pnml><net id="n"><place id="a"/><transition id="a"/></net></pnml>', "used twice"),
        ('<pnml><net id="n"><place id="a"/><arc source="a" target="b"/></net></pnml>', "no place or transition 'b'"),
        ('<pnml><net id="n"><place id="a"/><place id="b"/><arc source="a" target="b"/></net></pnml>', "joins a place and a transition"),
        ('<pnml><net id="n"><place id="a"/><arc source="a"/></net></pnml>', "lacks its source or target"),
        ('<pnml><net id="n"><place id="a"/><referencePlace id="r" ref="r"/><arc source="r" target="a"/></net></pnml>', "no place or"),
        ('<pnml><net id="n"/><net id="m"/></pnml>', "several nets"),
        ('<pnml><net id="n" type="http://www.pnml.org/version-2009/grammar/symmetricnet"/></pnml>', "high-level"),
        ('<pnml><net id="n"><place id="a"><initialMarking><text>many</text></initialMarking></place></net></pnml>', "not a number"),
        ('<pnml><net id="n"><place id="a"><initialMarking><text>-1</text></initialMarking></place></net></pnml>', "not a number"),
        ('<pnml><net id="n"><place id="a"><initialMarking><text>9999999999</text></initialMarking></place></net></pnml>', "not a number"),
        ('<pnml><net id="n"><arc source="a" target="b"><type value="inhibitor"/></arc></net></pnml>', "kind of arc"),
        ('<pnml><net id="n"><arc source="a" target="b"><arctype><text>reset</text></arctype></arc></net></pnml>', "kind of arc"),
        ('<!DOCTYPE x [<!ENTITY a "aaaa">]><pnml><net id="n"><place id="&a;"/></net></pnml>', "DOCTYPE"),
        ('<!DOCTYPE x SYSTEM "file:///etc/passwd"><pnml/>', "DOCTYPE"),
        ("<pnml>" + "<page>" * 200, "too deep"),
        ('<?xml version="1.0" encoding="klingon"?><pnml/>', "encoding|XML"),
        ('<pnml><net id="n"><place id="a"/></net><finalmarkings><marking><place idref="z"><text>1</text></place></marking></finalmarkings></pnml>', "no place"),
    ],
)  # fmt: skip
def test_what_is_refused(text: str, says: str) -> None:
    for form in (text, text.encode()) if "klingon" not in text else (text.encode(),):
        with pytest.raises(UnreadableNet, match=says) as found:
            read_pnml(form)
        assert found.value.zh and found.value.line >= 1


def test_a_mistake_is_placed() -> None:
    with pytest.raises(UnreadableNet) as found:
        read_pnml('<pnml>\n<net id="n">\n<place id="a"/>\n\n<arc source="a" target="b"/></net></pnml>')
    assert found.value.line == 5


def test_a_net_without_marking_begins_at_its_only_source() -> None:
    assert soundness(net_of(PLAIN)).kind is Kind.NONE
