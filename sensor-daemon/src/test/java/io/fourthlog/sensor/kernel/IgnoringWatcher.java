package io.fourthlog.sensor.kernel;

/** Has nothing to do; tests override what they look at. */
class IgnoringWatcher implements ProcessWatcher {
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
}
