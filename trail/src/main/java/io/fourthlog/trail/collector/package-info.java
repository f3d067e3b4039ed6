/** The collector and witness: takes sensors' logs over HTTPS with mutual TLS, and publishes them to readers. */
@NullMarked
package io.fourthlog.trail.collector;

import org.jspecify.annotations.NullMarked;
