"""A process moves your own object: triggers, state and data on an ordinary class, with the package `transitions`.

    python3 examples/document.py

The kernel decides who may, what the form needs and where it goes; the class stays yours, and so does storing it.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import oyiflow
from oyiflow.bridge.transitions import machine

PROCESS = """
process: document
title: {zh: 文件审批, en: A document}
roles: {author: Author, editor: Editor}
form:
  text: {type: text, required: true}
  pages: {type: int, required: true, min: 1}
steps:
  - {do: write, by: author, fill: [text, pages]}
  - {approve: review, by: editor, rejected: write}
  - together: publish
    steps:
      - {do: print, by: editor, only_when: pages < 100}
      - {do: announce, by: author}
  - {end: published}
rules:
  - {say: Nobody reviews a text of their own, different_people: [write, review]}
"""

COMPANY = """
company: Example Ltd
people:
  lin: {title: Lin Xiao, roles: [author, editor]}
  gao: {title: Gao Min, roles: [editor]}
"""


class Document:
    """Any class does; what belongs to the process stays out of it."""

    def __init__(self, name: str) -> None:
        self.name = name


def main(folder: Path) -> None:
    (folder / "document.yaml").write_text(PROCESS, encoding="utf-8")
    (folder / "company.yaml").write_text(COMPANY, encoding="utf-8")
    documents = machine(oyiflow.load(folder / "document.yaml"), company=oyiflow.load_company(folder / "company.yaml"))
    documents.after_state_change = lambda event: print("  now", event.model.state)  # callbacks of the package, as ever

    doc = Document("Annual report")
    documents.add_model(doc)
    print(doc.name, "is in", doc.state, "- Lin may call", *documents.open_to(doc, by="lin"))
    print("complete?", doc.may_write_done(by="lin", text="It was a good year."))
    doc.write_done(by="lin", text="It was a good year.", pages="12")
    for person in ("lin", "gao"):
        try:
            doc.review_approved(by=person)
        except oyiflow.Forbidden as error:
            print("refused:", error.en)
    print(dict(doc.form), doc.is_print(), doc.is_review())

    again = Document(doc.name)  # tomorrow, in another program: the text is all that was stored
    again.oyiflow = doc.oyiflow
    documents.add_model(again)
    again.announce_done(by="lin")
    again.print_done(by="gao")
    try:
        again.print_done(by="gao")
    except oyiflow.EventRejected as error:
        print("refused:", error.en)


if __name__ == "__main__":
    with TemporaryDirectory() as name:
        main(Path(name))

#> Annual report is in write - Lin may call write_done
#> complete? False
#>   now review
#> refused: a rule forbids lin to act here: Nobody reviews a text of their own
#>   now print+announce
#> {'text': 'It was a good year.', 'pages': 12} True False
#>   now print+publish-2-end
#>   now published
#> refused: print_done is not accepted in published; accepted: -
