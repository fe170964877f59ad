-- What each account may do, also on a volume that an earlier version made: MySQL reads it at each start.
-- The app's account can't change a table, the migrator's is used once a start.
GRANT SELECT, INSERT, UPDATE, DELETE ON auth.* TO auth_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON catalog.* TO catalog_app;
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES, CREATE VIEW, SHOW VIEW, TRIGGER ON auth.* TO auth_migrator;
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES, CREATE VIEW, SHOW VIEW, TRIGGER ON catalog.* TO catalog_migrator;
