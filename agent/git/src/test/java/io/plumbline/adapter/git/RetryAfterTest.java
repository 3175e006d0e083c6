package io.plumbline.adapter.git;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RetryAfterTest {

    @ParameterizedTest
    @CsvSource({
        "120, , PT2M",
        "' 0 ', , PT0S",
        "999999999, , PT1H",
        "'Fri, 31 Dec 1999 23:59:59 GMT', 'Fri, 31 Dec 1999 23:58:59 GMT', PT1M",
        "'Fri, 31 Dec 1999 23:58:00 GMT', 'Fri, 31 Dec 1999 23:59:59 GMT', PT0S",
        "'Fri, 31 Dec 1999 23:59:59 GMT', , ",
        "soon, , ",
        "-1, , ",
        ", , "
    })
    void readsSecondsAndDates(String header, String date, Duration wait) {
        assertThat(RetryAfter.of(header, date)).isEqualTo(wait);
    }
}
