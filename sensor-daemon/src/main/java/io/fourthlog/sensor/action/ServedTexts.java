package io.fourthlog.sensor.action;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Requests by the texts that they hold, also when they are answered; the oldest are forgotten first. */
final class ServedTexts {
    private static final int MOST = 1024; // texts
    private static final int MOST_HOLDING = 4; // requests of one text, the newest

    /** Requests that hold a text, and whether a prompt with it was seen to follow from the last of them. */
    private record Holding(List<ServedRequest> requests, boolean followed) {
        private int size() {
            return requests.stream().mapToInt(each -> 1 + each.size()).sum();
        }
    }

    private final Map<String, Holding> byText = new LinkedHashMap<>(); // by its hash
    private int size;

    /** What it holds, in ids. */
    int size() {
        return size;
    }

    /** A request holds this text, alone or with those from which nothing with it was seen to follow yet. How much more is held. */
    int put(final String text, final ServedRequest request) {
        final int held = size;
        final Holding before = remove(text); // it is the newest now
        final List<ServedRequest> requests = new ArrayList<>(1);
        if (before != null && !before.followed) {
            requests.addAll(before.requests);
            requests.remove(request);
        }
        if (requests.size() == MOST_HOLDING) {
            requests.removeFirst();
        }
        requests.add(request);
        put(text, new Holding(requests, false));
        while (byText.size() > MOST) {
            remove(byText.keySet().iterator().next());
        }
        return size - held;
    }

    private void put(final String text, final Holding holding) {
        byText.put(text, holding);
        size += holding.size();
    }

    private @Nullable Holding remove(final String text) {
        final Holding holding = byText.remove(text);
        size -= holding == null ? 0 : holding.size();
        return holding;
    }

    /** A prompt with this text follows from the request. How much more is held. */
    int followed(final String text, final ServedRequest request) {
        final int held = size;
        remove(text);
        put(text, new Holding(List.of(request), true));
        return size - held;
    }

    /** The requests that hold it. */
    List<ServedRequest> get(final String text) {
        final Holding holding = byText.get(text);
        return holding == null ? List.of() : holding.requests;
    }

    void forgetHalf() {
        for (int half = (byText.size() + 1) / 2; half > 0; half--) {
            remove(byText.keySet().iterator().next());
        }
    }
}
