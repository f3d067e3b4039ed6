package io.fourthlog.policy.author;

import java.util.ArrayList;
import java.util.List;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** YAML 1.2 documents as maps, lists, strings, numbers and truth values; {@code on} is a string there, as it should be. */
final class Yaml {

    /** The text is not YAML; says where with {@code LINE:COLUMN:}, both from 1. */
    static final class NotYaml extends Exception {
        NotYaml(String reason) {
            super(reason);
        }
    }

    private Yaml() {}

    /** All documents of a text, without the empty ones. */
    static List<Object> documents(String text) throws NotYaml {
        final LoadSettings settings = LoadSettings.builder()
                .setAllowDuplicateKeys(false)
                .setMaxAliasesForCollections(100)
                .build();
        final List<Object> documents = new ArrayList<>();
        try {
            for (final Object document : new Load(settings).loadAllFromString(text)) {
                if (document != null) {
                    documents.add(document);
                }
            }
        } catch (MarkedYamlEngineException e) {
            throw new NotYaml(e.getProblemMark()
                            .map(mark -> (mark.getLine() + 1) + ":" + (mark.getColumn() + 1) + ": ")
                            .orElse("")
                    + e.getProblem());
        } catch (YamlEngineException e) {
            throw new NotYaml(String.valueOf(e.getMessage()));
        }
        return documents;
    }
}
