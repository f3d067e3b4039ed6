package io.fourthlog.sensor.action;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** How much all sessions together remember: beyond it those that remember the most forget the older half. */
final class SessionMemory {
    private static final int MOST = 64 << 10; // ids and hashes, of some 250 bytes each

    private final Set<Session> sessions = new LinkedHashSet<>();
    private int remembered;

    void began(final Session session) {
        sessions.add(session);
    }

    void ended(final Session session) {
        if (sessions.remove(session)) {
            remembered -= session.remembered();
        }
    }

    /** The session remembers so many more, or less. */
    void changed(final Session session, final int by) {
        if (!sessions.contains(session)) {
            return; // all of its processes have ended
        }
        remembered += by;
        if (remembered > MOST) {
            forget();
        }
    }

    private void forget() {
        final List<Session> all = new ArrayList<>(sessions);
        all.sort(Comparator.comparingInt(Session::remembered).reversed());
        for (final Iterator<Session> most = all.iterator(); most.hasNext() && remembered > MOST / 4 * 3; ) {
            remembered -= most.next().forgetHalf();
        }
    }
}
