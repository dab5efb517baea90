// The header serves C++ too: a network and a workspace that free themselves.
#include <cstdio>
#include <memory>

#include "fkb.h"

int main() {
    fkb_network *loaded = nullptr;
    fkb_error error{};
    if (fkb_network_load("no such file.fkb", 0, &loaded, &error) != FKB_ERROR_FILE) return 1;
    std::unique_ptr<fkb_network, decltype(&fkb_network_free)> network(loaded, fkb_network_free);
    std::unique_ptr<fkb_workspace, decltype(&fkb_workspace_free)> workspace(fkb_workspace_new(),
                                                                            fkb_workspace_free);
    std::puts(error.message);
    return workspace && !network ? 0 : 1;
}
