package io.fourthlog.operator.retentiontier;

import io.fourthlog.api.Retention;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Rules of law and industry that say how long records are kept at least. The names are those of {@code spec.frameworks}. */
enum Framework {
    /** Audit log history for 12 months, the most recent 3 of them immediately available for analysis, which assessors take as 90 days. */
    PCI("PCI-DSS-4.0", "PCI DSS 4.0 requirement 10.5.1", "90d", "12mo"),
    /** Documentation for 6 years from its creation or when it last was in effect. */
    HIPAA("HIPAA", "45 CFR 164.316(b)(2)(i)", null, "6y"),
    /** Records that reconstruct transactions for not fewer than 5 years. */
    NYDFS("NYDFS-500", "23 NYCRR 500.06(b)", null, "5y"),
    /** Automatically generated logs for at least 6 months, by providers and by deployers of high-risk systems. */
    EU_AI_ACT("EU-AI-Act", "Regulation (EU) 2024/1689 Articles 19(1) and 26(6)", null, "6mo"),
    /** Records relevant to an audit for 7 years. */
    SOX("SOX", "17 CFR 210.2-06(a)", null, "7y");

    private final String wire;
    private final String clause;
    private final @Nullable String hot;
    private final String cold;

    Framework(String wire, String clause, @Nullable String hot, String cold) {
        this.wire = wire;
        this.clause = clause;
        this.hot = hot;
        this.cold = cold;
    }

    static Optional<Framework> of(String wire) {
        return Arrays.stream(values())
                .filter(framework -> framework.wire.equals(wire))
                .findFirst();
    }

    String clause() {
        return clause;
    }

    @Nullable
    Retention hot() {
        return hot == null ? null : new Retention(hot);
    }

    Retention cold() {
        return new Retention(cold);
    }
}
