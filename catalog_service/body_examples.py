"""Examples of bodies, for the OpenAPI document."""

from pydantic import JsonValue

PRODUCT: dict[str, JsonValue] = {
    "product_id": "BK-1001",
    "product_name": "The Long Way Home: A Novel",
    "category": "Books",
    "price": 14.99,
    "quantity_sold": 842,
    "rating": 4.6,
    "review_count": 310,
}
NEXT = "WyJhZWEyMDEzOTBhNDYwZjJkIiwiQkstMTAwMSIsIkJLLTEwMDEiXQ"
UPLOAD: dict[str, JsonValue] = {
    "id": "nightly-2026-11-20",
    "state": "succeeded",
    "stage": None,
    "username": "ada",
    "file_name": "products.csv",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "bytes": 2817,
    "options": {"mode": "upsert", "on_error": "reject", "blank": "error", "dry_run": False},
    "bytes_read": 2817,
    "rows_read": 40,
    "created": 40,
    "updated": 0,
    "unchanged": 0,
    "deleted": None,
    "rejected": 0,
    "kept": None,
    "started_at": "2026-11-20T09:30:00.104211Z",
    "finished_at": "2026-11-20T09:30:00.504211Z",
    "seconds": 0.4,
    "undoes": None,
}
CELL_ERROR: dict[str, JsonValue] = {
    "line": 2,
    "column": "price",
    "value": "cheap",
    "code": "not_a_number",
    "message": "price must be a plain number such as 12.50.",
}
REJECTS = (
    "product_id,product_name,category,price,quantity_sold,rating,review_count,line,reasons,neutralised_columns\n"
    "BK-1,A Novel,Books,cheap,3,4.5,7,2,price must be a plain number such as 12.50.,\n"
)
