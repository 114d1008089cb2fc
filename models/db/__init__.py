"""The only place with SQLAlchemy: tables, queries that return values, migrations."""
