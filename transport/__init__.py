"""How requests reach the schema and answers leave: HTTP, sockets and streams; who knocks."""
