"""The domain as data: dialects, drivers, parameters, the URL model. No syntax, no SQLAlchemy."""
