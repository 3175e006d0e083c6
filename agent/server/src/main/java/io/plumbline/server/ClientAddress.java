package io.plumbline.server;

import io.vertx.core.http.HttpServerRequest;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The client's address of a request, for limits and records.
 *
 * <ol>
 *   <li>If the connection does not come from a trusted proxy, its address counts, whatever the
 *       headers contain.
 *   <li>From a trusted proxy, the last address in {@code X-Forwarded-For} or {@code Forwarded} (RFC
 *       7239) that is not a trusted proxy counts. The client itself may have written the addresses
 *       before it, so they are ignored.
 *   <li>If an address in the header cannot be read, the trusted proxy after it counts. If both
 *       headers exist and differ, the address of the connection counts, because the client may have
 *       written one of the headers.
 * </ol>
 */
final class ClientAddress {
    private static final int MOST_HOPS = 32;
    private static final Pattern FOR =
            Pattern.compile("(?:^|;)\\s*for\\s*=\\s*(\"[^\"]*\"|[^;\\s]*)");

    private final Predicate<InetAddress> trusted;

    ClientAddress(Predicate<InetAddress> trustedProxies) {
        this.trusted = trustedProxies;
    }

    /**
     * Returns the client's address as text, IPv6 in Java's form; {@code unknown} if there is none.
     */
    String of(HttpServerRequest request) {
        var remote = request.remoteAddress();
        return of(
                remote == null ? null : remote.hostAddress(),
                request.headers().getAll("X-Forwarded-For"),
                request.headers().getAll("Forwarded"));
    }

    /** Whether the connection comes from a trusted proxy. */
    boolean behindProxy(HttpServerRequest request) {
        var remote = request.remoteAddress();
        var peer = remote == null ? null : address(remote.hostAddress());
        return peer != null && trusted.test(peer);
    }

    String of(@Nullable String connection, List<String> forwardedFor, List<String> forwarded) {
        var peer = connection == null ? null : address(connection);
        if (peer == null) {
            return "unknown";
        }
        if (!trusted.test(peer)) {
            return peer.getHostAddress();
        }
        var usual = client(split(forwardedFor), peer);
        var standard = client(fors(forwarded), peer);
        if (forwarded.isEmpty()) {
            return usual.getHostAddress();
        }
        return forwardedFor.isEmpty() || usual.equals(standard)
                ? standard.getHostAddress()
                : peer.getHostAddress();
    }

    /**
     * Returns the unit that limits count: the /64 network of an IPv6 address, because one client
     * usually has a whole one, or the IPv4 address itself.
     */
    static String bucket(String address) {
        if (address(address) instanceof Inet6Address six) {
            var bytes = six.getAddress();
            var text = new StringBuilder();
            for (int i = 0; i < 8; i += 2) {
                text.append(Integer.toHexString((bytes[i] & 0xff) << 8 | (bytes[i + 1] & 0xff)));
                text.append(':');
            }
            return text.append(":/64").toString();
        }
        return address;
    }

    private InetAddress client(List<String> hops, InetAddress peer) {
        var last = peer;
        for (int i = hops.size() - 1; i >= 0 && hops.size() - i <= MOST_HOPS; i--) {
            var hop = address(hops.get(i));
            if (hop == null) {
                return last;
            }
            last = hop;
            if (!trusted.test(hop)) {
                return hop;
            }
        }
        return last;
    }

    private static List<String> split(List<String> headers) {
        var all = new ArrayList<String>();
        for (var header : headers) {
            for (var part : header.split(",", -1)) {
                all.add(part.strip());
            }
        }
        return all;
    }

    private static List<String> fors(List<String> headers) {
        return split(headers).stream()
                .map(
                        element -> {
                            var match = FOR.matcher(element.toLowerCase(Locale.ROOT));
                            return match.find() ? match.group(1).replace("\"", "") : "";
                        })
                .toList();
    }

    /** Returns an address that may have a port; null if the text is a name or is not an address. */
    private static @Nullable InetAddress address(String text) {
        var bare = text;
        if (bare.startsWith("[")) {
            int end = bare.indexOf(']');
            bare = end < 0 ? "" : bare.substring(1, end);
        } else if (bare.matches("[0-9.]+:[0-9]{1,5}")) {
            bare = bare.substring(0, bare.indexOf(':'));
        }
        int zone = bare.indexOf('%');
        bare = zone < 0 ? bare : bare.substring(0, zone);
        if (!bare.contains(":") && !bare.matches("([0-9]{1,3}\\.){3}[0-9]{1,3}")) {
            return null;
        }
        try {
            return InetAddress.ofLiteral(bare);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
