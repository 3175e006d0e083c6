package io.plumbline.fuzz;

import java.io.IOException;
import java.util.List;

/** Something that takes bytes from strangers. */
interface FuzzTarget {

    /** All of them, by the names that {@code scripts/fuzz} takes. */
    static List<FuzzTarget> all() {
        return List.of(
                new ManifestTarget(),
                new ConfigTarget(),
                new HttpTarget(),
                new AllowedSignersTarget(),
                new SignedCommitTarget());
    }

    /** Name of its folder of inputs. */
    String name();

    /** Well-formed inputs to begin with. */
    List<byte[]> seeds() throws IOException;

    /**
     * Takes an input.
     *
     * @throws AssertionError or any other exception when the input did harm
     */
    void take(byte[] input) throws Exception;
}
