"""The OpenAPI document: what routes declare of their bodies and answers, put together when it is asked for."""
