"""What Quorate says and understands in a chat: replies, texts, help; pure."""
