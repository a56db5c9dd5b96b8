"""Who may call what: one line a route, the same for every framework."""

DOMAINS = {"doors": ["osir"], "scopes": ["domains:read"], "limits": ["osir-api"]}
CHATBOTS = {"doors": ["openchatstudio"], "scopes": ["chatbot:read", "session:read"]}
CAMPAIGNS = {"doors": ["charp"], "plan": "Standard", "plans": ["Free", "Standard", "Enterprise"]}
