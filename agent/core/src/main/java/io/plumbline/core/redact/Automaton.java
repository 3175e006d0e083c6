package io.plumbline.core.redact;

import java.util.Arrays;
import java.util.Set;

/**
 * A search for many words in one pass over a text (Aho and Corasick, "Efficient string matching",
 * 1975). States are numbers. The edges of the trie are in one open hash table, so a word costs
 * about 40 bytes a character. Immutable.
 */
final class Automaton {
    static final int ROOT = 0;
    private static final long FREE = -1;

    private final long[] keys;
    private final int[] targets;
    private final int[] fallback;
    private final int[] depth;
    private final int[] longest;
    private int states = 1;

    private Automaton(int capacity) {
        int slots = Integer.highestOneBit(Math.max(8, capacity)) * 4;
        keys = new long[slots];
        Arrays.fill(keys, FREE);
        targets = new int[slots];
        fallback = new int[capacity];
        depth = new int[capacity];
        longest = new int[capacity];
    }

    static Automaton of(Set<String> words) {
        var automaton = new Automaton(1 + words.stream().mapToInt(String::length).sum());
        int deepest = 0;
        for (String word : words) {
            automaton.add(word);
            deepest = Math.max(deepest, word.length());
        }
        automaton.link(words, deepest);
        return automaton;
    }

    boolean isEmpty() {
        return states == 1;
    }

    /** Returns the state after one more character. */
    int next(int state, char c) {
        int at = state;
        while (true) {
            int slot = slot(at, c);
            if (keys[slot] != FREE) {
                return targets[slot];
            }
            if (at == ROOT) {
                return ROOT;
            }
            at = fallback[at];
        }
    }

    /** Returns how many of the last characters may be the beginning of a word. */
    int depth(int state) {
        return depth[state];
    }

    /** Returns the length of the longest word that ends here; 0 if none does. */
    int longestEndingAt(int state) {
        return longest[state];
    }

    private void add(String word) {
        int at = ROOT;
        for (int i = 0; i < word.length(); i++) {
            int slot = slot(at, word.charAt(i));
            if (keys[slot] == FREE) {
                keys[slot] = key(at, word.charAt(i));
                targets[slot] = states;
                depth[states] = i + 1;
                states++;
            }
            at = targets[slot];
        }
        longest[at] = word.length();
    }

    /** Sets the fallback of each state, level by level, because each needs the shorter ones. */
    private void link(Set<String> words, int deepest) {
        String[] all = words.toArray(String[]::new);
        int[] at = new int[all.length];
        for (int level = 0; level < deepest; level++) {
            for (int w = 0; w < all.length; w++) {
                if (level >= all[w].length()) {
                    continue;
                }
                char c = all[w].charAt(level);
                int parent = at[w];
                int child = targets[slot(parent, c)];
                if (parent != ROOT) {
                    fallback[child] = next(fallback[parent], c);
                    longest[child] = Math.max(longest[child], longest[fallback[child]]);
                }
                at[w] = child;
            }
        }
    }

    private static long key(int state, char c) {
        return (long) state << 16 | c;
    }

    /** Returns the slot of this edge, or a free one for it. */
    private int slot(int state, char c) {
        long key = key(state, c);
        long mixed = key * 0x9E3779B97F4A7C15L;
        int slot = (int) (mixed >>> 32) & (keys.length - 1);
        while (keys[slot] != FREE && keys[slot] != key) {
            slot = (slot + 1) & (keys.length - 1);
        }
        return slot;
    }
}
