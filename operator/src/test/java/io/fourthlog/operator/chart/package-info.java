/** What users apply, as helm and kubectl make it: rendered, held to what the code has, and given to the programs that read it. */
@org.jspecify.annotations.NullMarked
package io.fourthlog.operator.chart;
