"""Bytes through each proxy in the text format that Prometheus reads, under the original's names."""

from collections.abc import Iterable

from harness.network.builtin.proxy import Proxy


def metrics(proxies: Iterable[Proxy]) -> str:
    """Counters of connections that have ended and of those that are open."""
    lines: list[str] = []
    known = sorted(proxies, key=lambda proxy: proxy.name)
    for kind in ("received", "sent"):
        name = f"toxiproxy_proxy_{kind}_bytes_total"
        lines.append(f"# TYPE {name} counter")
        for proxy in known:
            for index, direction in enumerate(("upstream", "downstream")):
                total = (proxy.bytes_received if kind == "received" else proxy.bytes_sent)[direction]
                total += sum(getattr(connection.links[index], kind) for connection in proxy.connections)
                labels = (
                    f'direction="{direction}",listener="{proxy.listen}",'
                    f'proxy="{proxy.name}",upstream="{proxy.upstream}"'
                )
                lines.append(f"{name}{{{labels}}} {total}")
    return "\n".join(lines) + "\n"
