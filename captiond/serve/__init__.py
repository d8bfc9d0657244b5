"""Floor 4: out. HTTP, WebSocket, server-sent events, pages."""
