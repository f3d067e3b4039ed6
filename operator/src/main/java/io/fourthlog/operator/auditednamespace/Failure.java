package io.fourthlog.operator.auditednamespace;

/**
 * Something that was decided and could not be done.
 *
 * @param namespace in which it should have been; what is missing in Fourthlog's own concerns every policy
 * @param cause what the API server, or the authority, said
 */
record Failure(String namespace, RuntimeException cause) {

    Obstacle obstacle() {
        return Obstacle.of(cause);
    }
}
