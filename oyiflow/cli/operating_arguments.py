"""What may be typed after `do` and `handover`; `operating` carries it out."""

from __future__ import annotations

import argparse

EXAMPLES = """\
  oyiflow do claim visit-1 review --as wang                         认领 it is wang's alone; release (释放) ends that
  oyiflow do transfer visit-1 review chen --as wang                 转办 chen answers instead, for good
  oyiflow do delegate visit-1 review chen --as wang                 委派 chen gives an opinion, then it is wang's again
  oyiflow do add_signer visit-1 review chen zhao --when after --mode any --as wang
                                                                    加签 others sign before, after or beside wang
  oyiflow do remove_signer visit-1 review chen --as wang            减签 chen need not sign
  oyiflow do send_back visit-1 review plan --straight --as wang     退回 back to a step that was done
  oyiflow do withdraw visit-1 --as li                               撤回 li takes the last step back
  oyiflow do urge visit-1 review --as li                            催办 tell those it waits for
  oyiflow do copy visit-1 review chen --as wang                     抄送 let chen know
  oyiflow do suspend visit-1 --as admin                             挂起 clocks stand still; resume (恢复) goes on
  oyiflow do skip visit-1 review --comment 已口头同意 --as admin      跳过 go on without it

The step must allow it (allow: in the process); suspend, resume and skip need an administrator (policies: in company.yaml).
"""
HANDOVER = """\
  oyiflow handover wang chen --as admin --dry-run     what wang holds
  oyiflow handover wang chen --as admin --comment 离职

exit codes: 0 done, 1 refused, or something could not be handed over
"""


def declare(do: argparse.ArgumentParser, handover: argparse.ArgumentParser) -> None:
    """What may be typed after the two commands."""
    do.add_argument("operation", metavar="OPERATION", help="as in the examples, in English or in Chinese / 如下例，中英文均可")
    do.add_argument("instance", metavar="INSTANCE")
    do.add_argument("step", nargs="?", default="", metavar="STEP", help="the step whose task it is about / 哪一步")
    do.add_argument("rest", nargs="*", metavar="WHO|STEP", help="people; of send_back the step it goes to / 谁，或退到哪一步")
    do.add_argument(
        "--when", choices=("before", "after", "beside"), default="before", help="前加签、后加签、并加签 (default: before)"
    )
    do.add_argument(
        "--mode", choices=("any", "all", "in_turn"), default="all", help="several signers: 或签、会签、依次 (default: all)"
    )
    do.add_argument(
        "--straight", action="store_true", help="done again, it comes straight back, if no field changed / 办完直送回来"
    )
    do.add_argument("--on-behalf", default="", metavar="PERSON", help="as the deputy of / 代谁")
    handover.add_argument("old", metavar="FROM")
    handover.add_argument("new", metavar="TO")
    handover.add_argument("--dry-run", action="store_true", help="only say what would be handed over / 只预览")
    for command in (do, handover):
        command.add_argument("--comment", default="", help="a comment for the journal / 说明")
