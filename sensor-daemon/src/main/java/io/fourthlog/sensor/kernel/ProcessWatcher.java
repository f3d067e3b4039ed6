package io.fourthlog.sensor.kernel;

/** Is told of what may need probes; called on the thread that reads the ring, so it must not take long. */
interface ProcessWatcher {
    /** Needs none. */
    ProcessWatcher NONE = new ProcessWatcher() {
        @Override
        public void executed(final KernelProcess process, final String path) {}

        @Override
        public void mapped(final KernelProcess process, final String path) {}

        @Override
        public void encrypted(final KernelProcess process, final long socket) {}

        @Override
        public void sentOn(final KernelProcess process, final long speaker) {}

        @Override
        public void spoke(final KernelProcess process) {}

        @Override
        public void judged(final KernelProcess process) {}

        @Override
        public void exited(final KernelProcess process) {}
    };

    /** A process runs another program. */
    void executed(KernelProcess process, String path);

    /** A process mapped executable code of a file, whose path is in its own mount namespace. */
    void mapped(KernelProcess process, String path);

    /** A process sent data over a TLS connection, seen at the socket. */
    void encrypted(KernelProcess process, long socket);

    /** A process sent data on that is TLS of another socket, as a proxy does. */
    void sentOn(KernelProcess process, long speaker);

    /** A process sent the first data of a connection through a library that has probes. */
    void spoke(KernelProcess process);

    /** A process that is stopped until it is judged was judged; what ends it, if anything does, has been sent. */
    void judged(KernelProcess process);

    /** A process has ended. */
    void exited(KernelProcess process);
}
