"""What the tests share: files to send, lines that come back, services that misbehave."""
