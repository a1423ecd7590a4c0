"""Whose idle or total limit a measured time may be: defaults of layers that stand between users and systems.

Facts of late 2026. What the probe measured outranks them; they only say where to look first. Pure.
"""

_NEAR = 0.05  # of the default: a measured limit is no exact one

_IDLE = (
    (20.0, "Azure Application Gateway's request timeout"),
    (30.0, "AWS CloudFront's origin response timeout, Azure Front Door, Gcore, Google's load balancer"),
    (60.0, "nginx's `proxy_read_timeout`, AWS ALB's idle timeout, HAProxy's usual `timeout server`"),
    (100.0, "Cloudflare's read timeout of former years"),
    (120.0, "Cloudflare's read timeout"),
    (240.0, "Azure Load Balancer's idle timeout"),
    (300.0, "Envoy's `stream_idle_timeout`, AWS ECS Service Connect"),
    (350.0, "AWS NLB's idle timeout"),
)
_TOTAL = (
    (15.0, "Envoy's route timeout (`timeout: 0s` switches it off)"),
    (30.0, "the backend timeout of Google's external load balancer"),
    (60.0, "a request timeout of an application server, e.g. of gunicorn's workers"),
)


def whose_idle(limit_s: float) -> str:
    """`nginx's …`; empty where no default is near."""
    return _whose(limit_s, _IDLE)


def whose_total(limit_s: float) -> str:
    return _whose(limit_s, _TOTAL)


def _whose(limit_s: float, known: tuple[tuple[float, str], ...]) -> str:
    return next((who for default_s, who in known if abs(limit_s - default_s) <= _NEAR * default_s), "")
