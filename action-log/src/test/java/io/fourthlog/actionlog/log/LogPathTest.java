package io.fourthlog.actionlog.log;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Holds the layout against the examples of C2SP tlog-tiles. */
class LogPathTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tile/0/000",
                "tile/0/x001/x234/067",
                "tile/1/000.p/17",
                "tile/63/999",
                "tile/entries/003.p/255",
                "tile/entries/x001/000"
            })
    void aPathReadsAndWritesAsOne(String path) {
        assertThat(LogPath.parse(path).map(LogPath::toString)).contains(path);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tile/00/000",
                "tile/64/000",
                "tile/0/0",
                "tile/0/x000/001",
                "tile/0/000.p/0",
                "tile/0/000.p/256",
                "tile/0/000.p/01",
                "tile/0/../000",
                "tile/entries/x001",
                "tile/0/000.p",
                "tile/0/000\n",
                "tile/0/٠٠٠"
            })
    void anyOtherNameIsNoTile(String path) {
        assertThat(LogPath.parse(path)).isEmpty();
    }

    @Test
    void aTreeOf70000LeavesHasTheTilesOfTheSpecification() {
        assertThat(LogPath.inTree(0, 272, 70_000)).hasToString("tile/0/272");
        assertThat(LogPath.last(0, 70_000)).hasToString("tile/0/273.p/112");
        assertThat(LogPath.inTree(1, 0, 70_000)).hasToString("tile/1/000");
        assertThat(LogPath.last(1, 70_000)).hasToString("tile/1/001.p/17");
        assertThat(LogPath.last(2, 70_000)).hasToString("tile/2/000.p/1");
        assertThat(LogPath.hashes(3, 70_000)).isZero();
    }

    @Test
    void aTreeOf256LeavesHasAFullTileAndOneHashAbove() {
        assertThat(LogPath.inTree(0, 0, 256).isFull()).isTrue();
        assertThat(LogPath.last(1, 256)).hasToString("tile/1/000.p/1");
    }
}
