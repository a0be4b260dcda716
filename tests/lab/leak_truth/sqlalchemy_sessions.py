# mypy: ignore-errors
"""SQLAlchemy's sessions: each takes a connection when it is first used."""

from contextlib import contextmanager

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session, sessionmaker


def work(value=None):
    return value


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
