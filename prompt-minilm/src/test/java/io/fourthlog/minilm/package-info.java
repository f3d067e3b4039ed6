@NullMarked
package io.fourthlog.minilm;

import org.jspecify.annotations.NullMarked;
