/**
 * Content in; shape, sensitivity tags, hashes and fingerprints out. A library of its own: it uses nothing else of Fourthlog.
 *
 * {@snippet :
 * RedactionEngine engine = RedactionEngine.create(Profile.builtin(), Hmac.of("k1", key));
 * try (Plaintext call = Plaintext.copyOf(bytes, 0, bytes.length)) {
 *     RedactedJson redacted = engine.redactJson(call);
 *     System.out.println(redacted.shape() + " " + redacted.sensitivity() + " " + redacted.keyedHash());
 * }
 * }
 *
 * <p>Bytes go one way:
 *
 * <pre>
 * Plaintext ─► Classifier ─► tags          built-in detectors over bytes, then the profile's RE2 patterns
 *           ├► Fingerprinter ─► hashes     SHA-256 raw and normalised, HMAC, keyed winnowing
 *           └► JsonTree ─► Shape, HMAC     names, types and length buckets; the value in RFC 8785 form
 * </pre>
 */
@NullMarked
package io.fourthlog.redaction;

import org.jspecify.annotations.NullMarked;
