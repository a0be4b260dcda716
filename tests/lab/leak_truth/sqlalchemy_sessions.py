# mypy: ignore-errors
"""SQLAlchemy's sessions: each takes a connection when it is first used."""

import time
from contextlib import contextmanager

from sqlalchemy import Column, Engine, Identity, Integer, Table, text
from sqlalchemy.orm import Session, registry, sessionmaker


class Visitor:
    def __init__(self, number=None):
        self.id = number


known = registry()
numbered = Column("id", Integer, Identity(start=100), primary_key=True)
known.map_imperatively(Visitor, Table("visitor", known.metadata, numbered))


def work(value=None):
    time.sleep(0)
    return value


def visitors(factory):
    """Have a table of visitors, in which 1 is taken."""
    known.metadata.create_all(factory.kw["bind"])
    with factory.begin() as session:
        session.merge(Visitor(1))


def with_session(factory: sessionmaker[Session]):
    with factory() as session:
        return session.scalar(text("SELECT 1"))


def with_begin(factory: sessionmaker[Session]):
    with factory.begin() as session:
        session.execute(text("SELECT 1"))


def closed_in_finally(factory: sessionmaker[Session]):
    session = factory()
    try:
        session.execute(text("SELECT 1"))
        session.commit()
    except Exception:
        session.rollback()
        raise
    finally:
        session.close()


def closed_at_the_end(factory: sessionmaker[Session]):
    session = factory()
    value = session.scalar(text("SELECT 1"))
    session.close()
    return value


def never_closed(factory: sessionmaker[Session]):
    session = factory()
    return session.scalar(text("SELECT 1"))


def committed_only(factory: sessionmaker[Session]):
    session = factory()
    session.execute(text("SELECT 1"))
    session.commit()


def committed_or_rolled_back(factory: sessionmaker[Session]):
    session = factory()
    try:
        session.execute(text("SELECT 1"))
        session.commit()
    except Exception:
        session.rollback()
        raise


def used_again_after_commit(factory: sessionmaker[Session]):
    session = factory()
    session.execute(text("SELECT 1"))
    session.commit()
    session.execute(text("SELECT 2"))


def refreshed_after_commit(factory: sessionmaker[Session]):
    visitors(factory)
    session = factory()
    visitor = Visitor()
    session.add(visitor)
    session.commit()
    session.refresh(visitor)
    return visitor


def refreshed_and_committed(factory: sessionmaker[Session]):
    visitors(factory)
    session = factory()
    visitor = Visitor()
    session.add(visitor)
    try:
        session.commit()
        session.refresh(visitor)
        session.commit()
    except Exception:
        session.rollback()
        raise
    return visitor


def added_and_committed(factory: sessionmaker[Session], flag: bool = False):
    visitors(factory)
    session = factory()
    session.add(Visitor(1) if flag else Visitor())
    session.commit()


def added_committed_and_closed(factory: sessionmaker[Session], flag: bool = False):
    visitors(factory)
    session = factory()
    session.add(Visitor(1) if flag else Visitor())
    session.commit()
    session.close()


def added_and_rolled_back(factory: sessionmaker[Session], flag: bool = False):
    visitors(factory)
    session = factory()
    session.add(Visitor(1) if flag else Visitor())
    try:
        session.commit()
    except Exception:
        session.rollback()


def failure_swallowed(factory: sessionmaker[Session], flag: bool = False):
    visitors(factory)
    session = factory()
    session.add(Visitor(1) if flag else Visitor())
    try:
        session.commit()
    except Exception:
        work("taken already")


def committed_in_with(factory: sessionmaker[Session], flag: bool = False):
    visitors(factory)
    with factory() as session:
        session.add(Visitor(1) if flag else Visitor())
        session.commit()


def expired_after_commit(factory: sessionmaker[Session]):
    session = factory()
    try:
        session.execute(text("SELECT 1"))
        session.commit()
    except Exception:
        session.rollback()
        raise
    session.expire_all()


def block_of_the_session(factory: sessionmaker[Session]):
    session = factory()
    with session.begin():
        session.execute(text("SELECT 1"))


def never_used(factory: sessionmaker[Session]):
    session = factory()
    work(1)
    session.close()


def work_before_first_use(factory: sessionmaker[Session]):
    session = factory()
    work(1)
    try:
        session.execute(text("SELECT 1"))
    finally:
        session.close()


def of_an_engine(engine: Engine):
    session = Session(engine)
    session.execute(text("SELECT 1"))
    return True


def of_an_engine_with(engine: Engine):
    with Session(engine) as session, session.begin():
        session.execute(text("SELECT 1"))


@contextmanager
def scope(factory: sessionmaker[Session]):
    session = factory()
    try:
        yield session
        session.commit()
    except Exception:
        session.rollback()
        raise
    finally:
        session.close()


@contextmanager
def careless_scope(factory: sessionmaker[Session]):
    session = factory()
    session.execute(text("SELECT 1"))
    yield session
    session.close()
