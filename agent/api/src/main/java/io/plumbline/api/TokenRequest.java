package io.plumbline.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A request for a new token. */
@Doc("A request for a new token.")
public record TokenRequest(
        @Doc("Who or what uses it.") String name,
        @Doc("`viewer`, `operator` or `admin`.") String role,
        @Doc("Names or patterns such as `team-*`, or `*` for all.") List<String> pipelines,
        @Doc("A time such as `12h` or `90d`, or `never`. If omitted, the default is `90d`.")
                @Nullable String expires) {}
