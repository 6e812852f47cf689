# cmake --install, beside the programs: man pages, shell completion, systemd unit.
include(GNUInstallDirs)
install(FILES docs/man/logline.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES docs/man/loglined.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)

configure_file(configs/systemd/loglined.service.in ${CMAKE_BINARY_DIR}/loglined.service @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/loglined.service DESTINATION lib/systemd/system)

# The program knows its own commands: what it completes is asked of it, not written down a second time.
set(completions bash:share/bash-completion/completions/logline zsh:share/zsh/site-functions/_logline
                fish:share/fish/vendor_completions.d/logline.fish)
foreach(completion ${completions})
  string(REPLACE ":" ";" parts ${completion})
  list(GET parts 0 shell)
  list(GET parts 1 place)
  set(file ${CMAKE_BINARY_DIR}/completion/${shell})
  add_custom_command(OUTPUT ${file} DEPENDS logline
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/completion
    COMMAND logline completion ${shell} > ${file})
  list(APPEND completion_files ${file})
  get_filename_component(directory ${place} DIRECTORY)
  get_filename_component(name ${place} NAME)
  install(FILES ${file} DESTINATION ${directory} RENAME ${name})
endforeach()
add_custom_target(completion ALL DEPENDS ${completion_files})
