"""Where the database is."""

# One driver, one host and a password, for every environment.
DATABASE_URL = "postgresql://shop:s3cret@db.shop.example/shop?sslmode=require"
