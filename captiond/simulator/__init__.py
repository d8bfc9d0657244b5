"""A Genesys Cloud to run against: demo, tests, development. Imports only base and genesys' pure files."""
