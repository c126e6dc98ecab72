"""A process moves the rows of a table: a SQLAlchemy model with triggers, stored and rolled back with its transaction.

    python3 examples/document_sqlalchemy.py

Two columns carry the process: `oyiflow` holds the snapshot, `state` is there to search by. A version column makes the
database refuse the second of two programs that moved the same row (StaleDataError): read it again and repeat.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import oyiflow
from oyiflow.bridge.transitions import machine

try:
    from sqlalchemy import String, Text, create_engine, event, select
    from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
except ModuleNotFoundError:
    print("skipped: this example needs SQLAlchemy: pip install sqlalchemy")
    sys.exit(0)

PROCESS = """
process: document
title: {zh: 文件, en: A document}
roles: {author: Author, editor: Editor}
form: {text: {type: text, required: true}, fee: {type: money}}
steps:
  - {do: write, by: author, fill: [text, fee]}
  - {approve: review, by: editor, rejected: write}
  - {end: published}
"""


class Base(DeclarativeBase):
    pass


class Document(Base):
    __tablename__ = "document"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    state: Mapped[str] = mapped_column(String(200), index=True)
    oyiflow: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


def main(folder: Path) -> None:
    (folder / "document.yaml").write_text(PROCESS, encoding="utf-8")
    documents = machine(oyiflow.load(folder / "document.yaml"))  # no company: the program says who holds which roles

    @event.listens_for(Document, "load")
    def take_up(document: Document, context: object) -> None:
        documents.add_model(document)

    engine = create_engine(f"sqlite:///{(folder / 'documents.db').as_posix()}")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        for name in ("Report", "Letter"):
            document = Document(name=name)
            documents.add_model(document)
            session.add(document)
        document.write_done(by="lin", roles=["author"], text="Dear all", fee="12.50")
        session.commit()
        print(document.name, document.state, dict(document.form))

        document.review_approved(by="gao", roles=["editor"])
        print("before the rollback:", document.state)
        session.rollback()
        print("after it:", document.state, document.may_review_approved(by="gao", roles=["editor"]))

    with Session(engine) as session:  # another program, another day
        waiting = session.scalars(select(Document).where(Document.state == "review")).one()
        print("waits for review:", waiting.name, dict(waiting.form))
        waiting.review_rejected(by="gao", roles=["editor"])
        session.commit()
        print("in the table:", *session.execute(select(Document.name, Document.state).order_by(Document.id)).all())
    engine.dispose()


if __name__ == "__main__":
    with TemporaryDirectory() as name:
        main(Path(name))

#> Letter review {'text': 'Dear all', 'fee': Decimal('12.50')}
#> before the rollback: published
#> after it: review True
#> waits for review: Letter {'text': 'Dear all', 'fee': Decimal('12.50')}
#> in the table: ('Report', 'write') ('Letter', 'write')
