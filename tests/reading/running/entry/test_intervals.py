"""The time between two runs is what a schedule is told in numbers, in seconds."""

import ast

import pytest

from poollint.reading.running.entry.intervals import interval


@pytest.mark.parametrize(
    ("call", "seconds"),
    [
        ("s.scheduled_job('interval', minutes=3)", 180),
        ("s.scheduled_job('interval', minutes=1, seconds=30)", 90),
        ("s.scheduled_job('interval', seconds=2 * 5)", 10),
        ("s.add_job(work, 'cron', second='*/5')", 5),
        ("s.add_job(work, 'cron', second='*')", 1),
        ("s.add_job(work, 'cron', second='*/5', minute='*')", 5),
        ("s.add_job(work, 'cron', minute='*/5')", 300),
        ("s.add_job(work, CronTrigger(hour='*/6'))", 21600),
        ("s.add_job(work, trigger=CronTrigger(hour='*/6', minute=15))", 21600),
        ("s.add_job(work, IntervalTrigger(minutes=10))", 600),
        ("s.add_job(work, trigger=IntervalTrigger(seconds=3))", 3),
        ("s.scheduled_job('cron', hour=3, minute=30)", 60),  # or longer, each of these
        ("s.add_job(work, 'cron', second='0')", 60),
        ("s.add_job(work, CronTrigger(hour='*/6', minute='0,30'))", 60),
        ("s.add_job(work, 'cron', hour=HOURS)", 60),
        ("s.add_job(work, CronTrigger(minute=minute, day_of_week=day))", 60),
        ("s.add_job(work, CronTrigger(day_of_week='mon'))", 60),
        ("s.add_job(work, CronTrigger.from_crontab(nightly))", 60),
        ("tasks.loop(seconds=5.0)", 5),
        ("app.timer(2.5)", 2.5),
        ("app.timer(interval=timedelta(minutes=2))", 120),
        ("app.timer(timedelta(minutes=0, seconds=5))", 5),
        ("q.run_repeating(work, 30, first=1)", 30),
        ("q.run_repeating(work, interval=timedelta(hours=1))", 3600),
        ("PeriodicCallback(work, 500)", 0.5),
        ("schedule.every(5).seconds.do(work)", 5),
        ("schedule.every(10).minutes.do(work, 1).tag('x')", 600),
        ("schedule.every().hour.do(work)", 3600),
        ("repeat(every(10).minutes)", 600),
        ("app.timer_trigger(schedule='0 */5 * * * *')", 300),
        ("app.schedule(schedule='*/10 * * * * *')", 10),
        ("app.schedule(schedule='0 0 * * * *')", 3600),
        ("app.timer_trigger(schedule='0 0 2 * * *')", 86400),
    ],
)
def test_an_interval_is_read_from_the_words_of_each_library(call: str, seconds: float) -> None:
    assert interval(ast.parse(call, mode="eval").body) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "call",
    [
        "s.scheduled_job('interval', seconds=EVERY)",
        "s.add_job(work, CronTrigger())",
        "s.add_job(work, CronTrigger(second=often, minute=minute))",
        "s.add_job(work, 'cron', second='*/5,7')",
        "s.add_job(work, Own.from_crontab(nightly))",
        "s.add_job(work, 'date', run_date=noon)",
        "periodic(crontab(hour='*/6'))",
        "q.run_daily(work, when)",
        "app.timer_trigger(schedule='0 2 * * *')",
        "app.timer_trigger(schedule='0 0,30 * * * *')",
        "app.timer_trigger(schedule='* * * * *')",
        "app.timer_trigger(schedule=often)",
        "tasks.loop(time=noon)",
        "app.crontab('0 3 * * *')",
        "schedule.every(often).seconds.do(work)",
        "schedule.every().monday.do(work)",
        "PeriodicCallback(work, often)",
        "app.timer(timedelta(minutes=often))",
        "app.timer(timedelta(minutes=often, seconds=5))",
        "app.timer(timedelta(1))",
        "app.timer(timedelta())",
        "work",
    ],
)
def test_what_is_not_told_in_numbers_is_not_known(call: str) -> None:
    assert interval(ast.parse(call, mode="eval").body) is None
