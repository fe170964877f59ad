"""Query.txt on a real MySQL: runs as it stands, has the migrations' tables, and its answers are right."""

import csv
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import astuple
from decimal import ROUND_HALF_UP, Decimal
from itertools import accumulate
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_migrate import Migrate, upgrade
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, CursorResult, create_engine, insert, inspect, make_url, select, text

from auth_service.models import db as auth_db
from catalog_service.models import Base, Product
from catalog_service.models import db as catalog_db
from catalog_service.reports import price_distribution
from catalog_service.reports.data_quality import data_quality
from catalog_service.reports.revenue_share import revenue_shares
from catalog_service.reports.summary import category_summaries
from catalog_service.reports.top_products import top_products
from common.database import engine_options

REPOSITORY = Path(__file__).parents[2]
QUERY_TXT = REPOSITORY / "Query.txt"
SAMPLE = REPOSITORY / "db" / "sample_products.csv"

Client = Callable[[str, str | Path], str]
Row = dict[str, Any]


def queries() -> dict[int, list[str]]:
    """Give each numbered query's statements."""
    numbered = re.split(r"^-- (\d+)\. .*$", QUERY_TXT.read_text(), flags=re.MULTILINE)[1:]
    return {
        int(number): [statement for statement in section.split(";\n") if statement.strip()]
        for number, section in zip(numbered[::2], numbered[1::2], strict=True)
    }


def run(connection: Connection, number: int) -> CursorResult[Any]:
    """Run one of Query.txt's queries alone."""
    *settings, query = queries()[number]
    for statement in settings:
        connection.exec_driver_sql(statement)
    return connection.exec_driver_sql(query)


def answer(connection: Connection, number: int) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in run(connection, number)]


@pytest.fixture
def connection(schema_url: str) -> Iterator[Connection]:
    engine = create_engine(schema_url, **engine_options(make_url(schema_url), 1, statement_seconds=30))
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def sample() -> list[Row]:
    """Read the sample products, each with its `revenue`."""
    types = {"price": Decimal, "quantity_sold": int, "rating": float, "review_count": int}
    with SAMPLE.open(newline="", encoding="utf-8") as file:
        rows = [
            {name: types.get(name, str)(cell) for name, cell in row.items()} for row in csv.DictReader(file)
        ]
    return [row | {"revenue": row["price"] * row["quantity_sold"]} for row in rows]


def store(connection: Connection, rows: list[Row]) -> None:
    """Make Query.txt's products table, as the models have it, and fill it."""
    Base.metadata.create_all(connection)
    columns = set(Product.__table__.columns.keys()) - {"revision"}
    connection.execute(insert(Product), [{name: row[name] for name in columns} for row in rows])
    connection.commit()


@pytest.fixture
def loaded(connection: Connection) -> Connection:
    store(connection, sample())
    return connection


def test_it_runs_on_an_empty_schema_and_again_and_answers_nothing(
    schema_url: str, mysql_client: Client, connection: Connection
) -> None:
    assert mysql_client(schema_url, QUERY_TXT) == ""
    assert mysql_client(schema_url, QUERY_TXT) == ""
    tables = {**auth_db.metadata.tables, **catalog_db.metadata.tables}
    assert set(inspect(connection).get_table_names()) == set(tables)


def test_it_runs_on_a_full_schema_and_prints_every_answer(
    schema_url: str, mysql_client: Client, loaded: Connection
) -> None:
    printed = mysql_client(schema_url, QUERY_TXT)
    lines = [line for number in queries() for line in printed_answer(loaded, number)]
    assert printed.splitlines() == lines


def printed_answer(connection: Connection, number: int) -> list[str]:
    """Write an answer as the client's batch format does, in which the double 4.0 is 4."""
    result = run(connection, number)
    return ["\t".join(str(cell).removesuffix(".0") for cell in row) for row in (result.keys(), *result)]


def test_every_query_says_what_it_answers() -> None:
    assert list(queries()) == list(range(1, 11))
    questions = re.findall(r"^-- \d+\. (.*)$", QUERY_TXT.read_text(), flags=re.MULTILINE)
    assert all(question.endswith("?") for question in questions)


def migrate(schema_url: str, service: str, db: SQLAlchemy) -> None:
    app = Flask(service)
    app.config["SQLALCHEMY_DATABASE_URI"] = schema_url
    db.init_app(app)
    Migrate(app, db)
    with app.app_context():
        upgrade(str(REPOSITORY / service / "migrations"))
        db.engine.dispose()


def take_tables(connection: Connection) -> dict[str, str]:
    """Give each table's definition and drop it."""
    definitions = {}
    for name in inspect(connection).get_table_names():
        definitions[name] = connection.execute(text(f"SHOW CREATE TABLE {name}")).one()[1]
        connection.execute(text(f"DROP TABLE {name}"))
    return definitions


def test_its_tables_are_those_of_the_migrations(
    schema_url: str, mysql_client: Client, connection: Connection
) -> None:
    migrate(schema_url, "auth_service", auth_db)
    migrated = take_tables(connection)
    migrate(schema_url, "catalog_service", catalog_db)
    migrated |= take_tables(connection)
    del migrated["alembic_version"]
    mysql_client(schema_url, QUERY_TXT)
    assert take_tables(connection) == migrated


def random_products(count: int) -> list[Row]:
    """Make products with many ties, in categories and names that differ by bytes alone."""
    chance = random.Random(20)
    return [
        {
            "product_id": f"{chance.choice('aAéz')}{chance.getrandbits(60):x} {number}",
            "product_name": chance.choice(["Kettle", "kettle", "Kettle ", "Kéttle", "Pot", "壺"]),
            "category": chance.choice(["Kitchen", "kitchen", "Kitchen ", "Küche", "台所"]),
            "price": Decimal(chance.randrange(10 ** chance.randrange(1, 19))).scaleb(-6),
            "quantity_sold": chance.choice([0, 1, 7, 7, 10**6, 2**63 - 1]),
            "rating": chance.randrange(51) / 10,
            "review_count": chance.randrange(500),
        }
        for number in range(count)
    ]


def exactly(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Allow for the order of summation in a summary's last column, a double, and for nothing else."""
    return (*row[:-1], pytest.approx(row[-1]))


@pytest.mark.parametrize("count", [1, 40, 3000])
def test_the_summary_is_the_first_querys_answer_on_mysql_and_on_sqlite(
    connection: Connection, count: int
) -> None:
    products = random_products(count)
    expected = []
    with create_engine("sqlite://").connect() as sqlite:
        for database in (connection, sqlite):
            store(database, products)
            expected.append([exactly(astuple(summary)) for summary in category_summaries(database)])
    first = answer(connection, 1)
    assert [first, first] == expected


NUMBERS = ("price", "quantity_sold", "rating", "review_count")

QUERIES_ANSWER: dict[int, Callable[[Connection], list[tuple[Any, ...]]]] = {
    3: lambda database: [astuple(one) for one in revenue_shares(database)],
    5: lambda database: [
        (one.product_id, one.product_name, one.category, one.revenue, one.revenue_percent)
        for one in top_products(database)[:10]
    ],
    6: lambda database: [
        (category, place, one.product_id, one.product_name, one.revenue)
        for (category,) in database.execute(select(Product.category).distinct().order_by(Product.category))
        for place, one in enumerate(top_products(database, category)[:3], 1)
    ],
    7: lambda database: [
        (one.price_from, one.product_count, one.quantity_sold, one.total_revenue)
        for one in price_distribution.price_bands(database)
        if one.product_count
    ],
}
"""What the reports make of the questions that Query.txt asks too."""


@pytest.mark.parametrize("number", QUERIES_ANSWER)
@pytest.mark.parametrize("unknown", [0, 0.3])
def test_a_report_is_its_querys_answer_on_mysql_and_on_sqlite(
    connection: Connection, number: int, unknown: float
) -> None:
    chance = random.Random(22)
    products = [
        row | {name: None for name in NUMBERS if chance.random() < unknown} for row in random_products(500)
    ]
    reported = QUERIES_ANSWER[number]
    with create_engine("sqlite://").connect() as sqlite:
        for database in (connection, sqlite):
            store(database, products)
        expected = answer(connection, number)
        assert expected
        assert reported(connection) == expected
        assert reported(sqlite) == expected


def test_the_data_quality_is_the_same_on_mysql_and_on_sqlite(connection: Connection) -> None:
    chance = random.Random(23)
    products = [
        row
        | {
            name: chance.choice([None, Decimal(0) if name == "price" else 0])
            for name in NUMBERS
            if chance.random() < 0.2
        }
        | {"product_id": chance.choice([" {}", "{} ", "4.{}E+12", "4.{}e+12", "é{}"]).format(place)}
        for place, row in enumerate(random_products(300))
    ]
    with create_engine("sqlite://").connect() as sqlite:
        for database in (connection, sqlite):
            store(database, products)
        found = data_quality(connection)
        assert found == data_quality(sqlite)
    assert [one.product_count > 0 for one in found].count(True) > 10


def test_the_largest_legal_values_are_summed_up_exactly_and_break_no_query(
    schema_url: str, mysql_client: Client, connection: Connection
) -> None:
    largest = {"price": Decimal("999999999999.999999"), "quantity_sold": 2**63 - 1, "review_count": 2**63 - 1}
    common = {"category": "Kitchen", "rating": 1.7976931348623157e308}
    store(connection, [row | largest | common for row in random_products(1000)])
    (summary,) = category_summaries(connection)
    assert str(summary.total_revenue) == "9223372036854775797776627963145224.193"
    assert (summary.average_price, summary.average_rating) == (largest["price"], common["rating"])
    assert "9223372036854775797776627963145224.193" in mysql_client(schema_url, QUERY_TXT)


def without(rows: list[Row], *names: str) -> list[Row]:
    """Let some numbers of products be unknown."""
    return [row | dict.fromkeys(names) for row in rows]


@pytest.mark.parametrize("count", [1, 3, 40, 1000])
def test_the_summary_of_products_with_unknown_numbers_is_the_first_querys_answer(
    connection: Connection, count: int
) -> None:
    chance = random.Random(21)
    products = [
        row | {name: None for name in NUMBERS if chance.random() < 0.5} for row in random_products(count)
    ]
    with create_engine("sqlite://").connect() as sqlite:
        for database in (connection, sqlite):
            store(database, products)
        summaries = category_summaries(connection)
        assert [exactly(astuple(one)) for one in summaries] == [
            astuple(one) for one in category_summaries(sqlite)
        ]
    assert answer(connection, 1) == [exactly(astuple(summary)) for summary in summaries]


def test_products_with_unknown_numbers_are_in_no_list_by_them_and_change_no_sum(loaded: Connection) -> None:
    lists = [number for number in queries() if number not in (1, 10)]
    before = {number: answer(loaded, number) for number in lists}
    unknown = [row | {"product_id": f"unknown {row['product_id']}"} for row in without(sample(), *NUMBERS)]
    store(loaded, unknown)
    assert {number: answer(loaded, number) for number in lists} == before


def test_products_of_which_a_number_is_unknown_do_not_count_in_a_product_of_it(loaded: Connection) -> None:
    for index, name in enumerate(("price", "quantity_sold")):
        unknown = [row | {"product_id": f"{index} {row['product_id']}"} for row in without(sample(), name)]
        store(loaded, unknown)
    earners = [3, 5, 6]
    revenues = {number: answer(loaded, number) for number in earners}
    loaded.execute(text("DELETE FROM products WHERE price IS NULL OR quantity_sold IS NULL"))
    assert {number: answer(loaded, number) for number in earners} == revenues


def test_a_category_of_which_nothing_is_known_is_in_the_answers(
    schema_url: str, mysql_client: Client, connection: Connection
) -> None:
    rows = [row | {"category": "Kitchen"} for row in random_products(3)]
    store(connection, without(rows, *NUMBERS))
    (summary,) = category_summaries(connection)
    first = min(rows, key=lambda row: (row["product_name"].encode(), row["product_id"].encode()))
    assert astuple(summary) == ("Kitchen", 3, 0, first["product_id"], first["product_name"], None, None, None)
    assert answer(connection, 1) == [astuple(summary)]
    assert answer(connection, 3) == [("Kitchen", 0, None, 1, 0, None)]
    assert [answer(connection, number) for number in (2, 4, 5, 6, 7, 8, 9, 10)] == [[]] * 8
    assert mysql_client(schema_url, QUERY_TXT)


def largest_first(rows: list[Row], *columns: str) -> list[Row]:
    def key(row: Row) -> tuple[Any, ...]:
        return (
            *(-row[column] for column in columns),
            row["product_name"].encode(),
            row["product_id"].encode(),
        )

    return sorted(rows, key=key)


def per_cent(part: Decimal, whole: Decimal) -> Decimal:
    return (100 * part / whole).quantize(Decimal("0.01"), ROUND_HALF_UP)


def total(rows: list[Row], column: str = "revenue") -> Any:
    return sum(row[column] for row in rows)


def groups(key: Callable[[Row], Any]) -> list[tuple[Any, list[Row]]]:
    """Put the sample's products into groups, ordered by their keys."""
    members = defaultdict(list)
    for row in sample():
        members[key(row)].append(row)
    return sorted(members.items())


BY_CATEGORY = groups(itemgetter("category"))
MEAN_SALES = {category: total(rows, "quantity_sold") / len(rows) for category, rows in BY_CATEGORY}


def categories_summed_up() -> list[tuple[Any, ...]]:
    def line(category: str, rows: list[Row]) -> tuple[Any, ...]:
        top = itemgetter("product_id", "product_name", "quantity_sold")(
            largest_first(rows, "quantity_sold")[0]
        )
        price = (total(rows, "price") / len(rows)).quantize(Decimal("0.000001"), ROUND_HALF_UP)
        return exactly((category, len(rows), total(rows), *top, price, total(rows, "rating") / len(rows)))

    return [line(category, rows) for category, rows in BY_CATEGORY]


def best_rated() -> list[Row]:
    return largest_first([row for row in sample() if row["review_count"] >= 100], "rating", "review_count")[
        :10
    ]


def shares() -> list[tuple[Any, ...]]:
    ranked = sorted(BY_CATEGORY, key=lambda group: -total(group[1]))
    running = list(accumulate(total(rows) for _, rows in ranked))
    whole = total(sample())
    return [
        (category, total(rows), per_cent(total(rows), whole), rank, so_far, per_cent(so_far, whole))
        for rank, ((category, rows), so_far) in enumerate(zip(ranked, running, strict=True), 1)
    ]


def sold_but_badly_rated() -> list[Row]:
    sold = [row for row in sample() if row["quantity_sold"] >= MEAN_SALES[row["category"]]]
    return largest_first([row for row in sold if row["rating"] < 3 and row["review_count"]], "quantity_sold")


def largest_earners() -> list[Row]:
    rows = [row | {"percent": per_cent(row["revenue"], total(sample()))} for row in sample()]
    return largest_first(rows, "revenue")[:10]


def largest_earners_by_category() -> list[Row]:
    return [
        row | {"place": place}
        for _, rows in BY_CATEGORY
        for place, row in enumerate(largest_first(rows, "revenue")[:3], 1)
    ]


def price_bands() -> list[tuple[Any, ...]]:
    bands = groups(lambda row: max(start for start in price_distribution.BOUNDARIES if row["price"] >= start))
    return [(start, len(rows), total(rows, "quantity_sold"), total(rows)) for start, rows in bands]


def never_sold() -> list[Row]:
    return largest_first([row for row in sample() if row["quantity_sold"] == 0], "price")


def well_rated_but_slow() -> list[Row]:
    good = [row for row in sample() if row["rating"] >= 4.5 and row["review_count"]]
    slow = [row for row in good if row["quantity_sold"] < MEAN_SALES[row["category"]] / 2]
    return largest_first(slow, "rating", "review_count")


def products_with_most_of_the_revenue() -> list[tuple[Any, ...]]:
    rows = largest_first(sample(), "revenue")
    earned = list(accumulate(row["revenue"] for row in rows))
    count = 1 + sum(so_far < total(rows) * 8 / 10 for so_far in earned)
    return [(count, per_cent(Decimal(count), Decimal(len(rows))))]


@pytest.mark.parametrize(
    ("number", "expected"),
    [(1, categories_summed_up), (3, shares), (7, price_bands), (10, products_with_most_of_the_revenue)],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_a_query_sums_up_is_what_python_does(
    loaded: Connection, number: int, expected: Callable[[], list[tuple[Any, ...]]]
) -> None:
    assert answer(loaded, number) == expected()


@pytest.mark.parametrize(
    ("number", "expected", "columns"),
    [
        (2, best_rated, "product_id product_name category rating review_count"),
        (4, sold_but_badly_rated, "product_id product_name category quantity_sold rating review_count"),
        (5, largest_earners, "product_id product_name category revenue percent"),
        (6, largest_earners_by_category, "category place product_id product_name revenue"),
        (8, never_sold, "product_id product_name category price"),
        (9, well_rated_but_slow, "product_id product_name category quantity_sold rating review_count"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_the_products_that_a_query_lists_are_those_that_python_finds(
    loaded: Connection, number: int, expected: Callable[[], list[Row]], columns: str
) -> None:
    rows = expected()
    assert rows
    assert answer(loaded, number) == [itemgetter(*columns.split())(row) for row in rows]
