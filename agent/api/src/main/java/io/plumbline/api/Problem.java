package io.plumbline.api;

/** A request that is not answered as asked, as a problem document of RFC 9457. */
@Doc("A request that is not answered as asked: a problem document of RFC 9457.")
public record Problem(
        @Doc("`about:blank`.") String type,
        @Doc("Its kind, a few words.") String title,
        @Doc("Status of HTTP.") int status,
        @Doc("What failed, why, and what to do.") String detail,
        @Doc(
                        "`invalid`, `transient`, `refused`, `unreachable`, `unresponsive`, `conflict`,"
                                + " `denied`, `missing` or `fault`.")
                String code) {}
