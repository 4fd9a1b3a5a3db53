"""How anything is shown: HTML, JSON, terminal, spreadsheet, page, PDF, theme; knows no analysis."""
