/** all-MiniLM-L6-v2 on ONNX Runtime, for profiles that have prompts classified by it. */
@NullMarked
package io.fourthlog.minilm;

import org.jspecify.annotations.NullMarked;
