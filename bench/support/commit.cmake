#Writes OUT, which tells a benchmark what it was built from : "<commit>", or "<commit>+" where files differ from it.
execute_process(COMMAND git - C ${SOURCE} rev - parse-- short = 12 HEAD OUTPUT_VARIABLE commit
                    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE no_commit) if (no_commit)
    set(commit "unknown") else()
        execute_process(COMMAND git - C ${SOURCE} diff-- quiet HEAD-- domain journal actors adapters cluster bench
                                          RESULT_VARIABLE differs) if (differs) string(APPEND commit "+") endif()
            endif() set(text
                        "namespace logline::bench {\nextern const char* const built_from;\nconst char* const "
                        "built_from = \"${commit}\";\n}\n") set(before "") if (EXISTS ${OUT}) file(READ ${OUT} before)
                endif() if (NOT before STREQUAL text) file(WRITE $ { OUT } "${text}") endif()
