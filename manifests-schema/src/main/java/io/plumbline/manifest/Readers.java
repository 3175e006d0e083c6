package io.plumbline.manifest;

import java.util.regex.Pattern;

/**
 * The check whether a container's user may read a file in the container, as far as the manifest
 * gives both.
 */
final class Readers {
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,9}");
    private static final int READ = 4;

    private Readers() {}

    /**
     * Whether the user may read.
     *
     * @param user {@code user} or {@code user:group}. The image decides the number of a name and
     *     the group of a user; they count as matching
     */
    static boolean mayRead(String user, int mode, int uid, int gid) {
        int colon = user.indexOf(':');
        String name = colon < 0 ? user : user.substring(0, colon);
        String group = colon < 0 ? "" : user.substring(colon + 1);
        if (name.equals("root") || is(name, 0)) {
            return true;
        }
        if (is(name, uid)) {
            return (mode >> 6 & READ) != 0;
        }
        boolean perhapsOwner = !isNumber(name) && uid != 0;
        boolean perhapsGroup = !isNumber(group) || is(group, gid);
        return (mode & READ) != 0
                || (perhapsOwner && (mode >> 6 & READ) != 0)
                || (perhapsGroup && (mode >> 3 & READ) != 0);
    }

    private static boolean is(String name, int number) {
        return isNumber(name) && Integer.parseInt(name) == number;
    }

    private static boolean isNumber(String name) {
        return NUMBER.matcher(name).matches();
    }
}
