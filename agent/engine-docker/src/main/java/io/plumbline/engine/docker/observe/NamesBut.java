package io.plumbline.engine.docker.observe;

import java.util.AbstractSet;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A view of a sorted array of names without some of them. All pipelines share the array, so none
 * holds a copy.
 */
public @SuppressWarnings("JdkObsolete") // what EngineState asks for
final class NamesBut extends AbstractSet<String> implements SortedSet<String> {
    private final String[] all;
    private final Set<String> but;

    public NamesBut(String[] all, Set<String> but) {
        this.all = all;
        this.but = but;
    }

    @Override
    public Iterator<String> iterator() {
        return Arrays.stream(all).filter(n -> !but.contains(n)).iterator();
    }

    @Override
    public int size() {
        int size = all.length;
        for (var name : but) {
            if (Arrays.binarySearch(all, name) >= 0) {
                size--;
            }
        }
        return size;
    }

    /** Two views of one array are compared without a look at its names. */
    @Override
    public boolean equals(@Nullable Object o) {
        return (o instanceof NamesBut other
                        && Arrays.equals(other.all, all)
                        && other.but.equals(but))
                || super.equals(o);
    }

    @Override
    public int hashCode() {
        return super.hashCode();
    }

    @Override
    public boolean contains(Object o) {
        return o instanceof String s && !but.contains(s) && Arrays.binarySearch(all, s) >= 0;
    }

    @Override
    public @Nullable Comparator<? super String> comparator() {
        return null;
    }

    @Override
    public SortedSet<String> subSet(String from, String to) {
        return new TreeSet<>(this).subSet(from, to);
    }

    @Override
    public SortedSet<String> headSet(String to) {
        return new TreeSet<>(this).headSet(to);
    }

    @Override
    public SortedSet<String> tailSet(String from) {
        return new TreeSet<>(this).tailSet(from);
    }

    @Override
    public String first() {
        return iterator().next();
    }

    @Override
    public String last() {
        return new TreeSet<>(this).last();
    }
}
