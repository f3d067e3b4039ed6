package io.fourthlog.sensor.database;

/** What a MySQL query may have before its text, {@code CLIENT_QUERY_ATTRIBUTES}: a count, which are NULL, types and names, values. */
final class MySqlAttributes {
    private static final int MOST = 64 << 10;

    private MySqlAttributes() {}

    /** Where they end in what was collected of a query; 0 if it has none. */
    static int end(final MySqlSession session, final byte[] bytes, final int end) {
        final boolean has = session.capabilitiesKnown()
                ? session.has(MySqlSession.ATTRIBUTES)
                : end > 1 && bytes[0] >= 0 && bytes[0] < '\t' && bytes[1] == 1;
        if (!has) {
            return 0;
        }
        final MySqlCursor at = new MySqlCursor(bytes, 0, end);
        final long count = at.length();
        at.length(); // sets, always one
        if (count > 0 && count <= MOST) {
            skip(at, bytes, (int) count);
        }
        return at.at();
    }

    private static void skip(final MySqlCursor at, final byte[] bytes, final int count) {
        final int nulls = at.at();
        at.skip((count + 7) / 8);
        at.next();
        final int[] types = new int[count];
        for (int i = 0; i < count; i++) {
            types[i] = (int) at.next(2) & 0xff;
            at.skip(at.length());
        }
        for (int i = 0; i < count && !at.isOver(); i++) {
            if ((bytes[nulls + i / 8] >> (i % 8) & 1) == 0) {
                final int fixed = MySqlValues.fixed(types[i]);
                at.skip(fixed >= 0 ? fixed : at.length());
            }
        }
    }
}
